import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createInstance } from 'rtm-wasm';
import { Chat } from './chat.jsx';

const gateway = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:8080';
const client = createInstance('0123456789abcdef0123456789abcdef', { gateway });
createRoot(document.querySelector('main')).render(<StrictMode><Chat client={client} /></StrictMode>);
