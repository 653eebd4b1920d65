module.exports = { basePath: '/app', eslint: { ignoreDuringBuilds: true } };
