import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.jsx';

const gateway = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:8080';
createRoot(document.querySelector('main')).render(<StrictMode><Chat gateway={gateway} /></StrictMode>);
