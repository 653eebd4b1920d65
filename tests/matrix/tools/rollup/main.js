import AgoraRTM from 'agora-rtm-sdk';
import './app.js';
import required from './required.js';

window.start(AgoraRTM, required);
