import AgoraRTM from 'agora-rtm-sdk';
import './app.js';

window.start(AgoraRTM, AgoraRTM);
