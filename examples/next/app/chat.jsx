'use client';

export { Chat } from '../../react/chat.jsx';
