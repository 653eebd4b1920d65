import { Chat } from './chat.jsx';

/** Rendered on the server for each request; the SDK is imported there, too, and does nothing. */
export default async function Page({ searchParams }) {
  const { gateway = 'http://127.0.0.1:8080' } = await searchParams;
  return <Chat gateway={gateway} />;
}
