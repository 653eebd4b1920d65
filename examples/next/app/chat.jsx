'use client';

import { useState } from 'react';
import { createInstance } from 'rtm-wasm';
import { Chat as Pictures } from '../../react/chat.jsx';

/** Where the gateway's address is known in advance, the client can be made outside of the component. */
export function Chat({ gateway }) {
  const [client] = useState(() => createInstance('0123456789abcdef0123456789abcdef', { gateway }));
  return <Pictures client={client} />;
}
