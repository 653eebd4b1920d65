import { useEffect } from 'react';
import AgoraRTM from 'agora-rtm-sdk';

export default function Page() {
  useEffect(() => {
    require('../app.js');
    window.start(AgoraRTM, require('agora-rtm-sdk'));
  }, []);
  return AgoraRTM.VERSION;
}
