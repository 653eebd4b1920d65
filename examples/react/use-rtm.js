import { useEffect, useRef, useState } from 'react';
import AgoraRTM from 'rtm-wasm';

/**
 * A client that is logged in as `uid` while the component is mounted; no uid, no client. StrictMode mounts twice: the
 * first client is logged out at once, and what it still says is not heard.
 */
export function useRtm({ appId, uid, token, gateway, onMessage }) {
  const [client, setClient] = useState(null);
  const [state, setState] = useState('DISCONNECTED');
  const [error, setError] = useState(null);
  const listener = useRef(onMessage);
  useEffect(() => {
    listener.current = onMessage;
  });

  useEffect(() => {
    if (!uid) return;
    let mounted = true;
    const client = AgoraRTM.createInstance(appId, { gateway });
    client.on('ConnectionStateChanged', setState);
    client.on('MessageFromPeer', (...args) => listener.current?.(...args));
    client.login({ uid, token }).catch((error) => mounted && setError(error));
    setClient(client);
    setError(null);
    return () => {
      mounted = false;
      client.removeAllListeners();
      if (client.connectionState !== 'DISCONNECTED') client.logoutSync();
      setClient(null);
      setState('DISCONNECTED');
    };
  }, [appId, uid, token, gateway]);

  return { client, state, error };
}
