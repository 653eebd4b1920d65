module.exports = { publicPath: './' };
