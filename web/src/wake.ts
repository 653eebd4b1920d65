/** The clients that are in use; those that wait to reconnect try at once when the network or the user is back. */
import type { ConnectionState } from './enums.ts';
import type { CoreClient } from './coreclient.ts';

interface Client {
  readonly connectionState: ConnectionState;
  readonly _core: CoreClient;
}

/** Keeps the clients alive, because the core does not, and the application need not. */
const inUse = new Set<Client>();
let watching = false;

/** Adds a client to the list or removes it, by its state. */
export function keepInUse(client: Client): void {
  if (/^(DISCONNECT|ABORT)ED$/.test(client.connectionState)) inUse.delete(client);
  else inUse.add(client);
}

/** Listens to the page; from the first login on, once. */
export function watchPage(): void {
  if (watching || typeof addEventListener !== 'function') return;
  watching = true;
  const wake = () => [...inUse].forEach((client) => client.connectionState === 'RECONNECTING' && client._core.call('wake'));
  addEventListener('online', wake);
  // The event bubbles up to the window. An <img name="visibilityState"> hides the property: then each change counts.
  addEventListener('visibilitychange', () => document.visibilityState !== 'hidden' && wake());
}
