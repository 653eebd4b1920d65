module.exports = require('agora-rtm-sdk');
