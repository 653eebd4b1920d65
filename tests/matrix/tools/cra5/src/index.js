import AgoraRTM from 'agora-rtm-sdk';
import './app.js';

window.start(AgoraRTM, require('agora-rtm-sdk'));
