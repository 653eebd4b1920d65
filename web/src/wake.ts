/** Clients that wait to reconnect try at once when the network or the user is back. */
import type { RtmClient } from './client.ts';

const waiting = new Set<RtmClient>();
let watching = false;

/** Puts a client on the list, or takes it off. */
export function wakeOnReturn(client: RtmClient, wants: boolean): void {
  if (wants) waiting.add(client);
  else waiting.delete(client);
}

/** Listens to the page; from the first login on, once. */
export function watchPage(): void {
  if (watching || typeof addEventListener !== 'function') return;
  watching = true;
  const wake = () => [...waiting].forEach((client) => client._link.call('wake'));
  addEventListener('online', wake);
  if (typeof document === 'object') {
    document?.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') wake();
    });
  }
}
