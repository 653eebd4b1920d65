const AgoraRTM = require('agora-rtm-sdk');
require('./app.js');

window.start(AgoraRTM, AgoraRTM);
