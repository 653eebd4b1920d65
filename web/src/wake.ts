/** The clients that are in use; those that wait to reconnect try at once when the network or the user is back. */
import type { ConnectionState } from './enums.ts';
import type { CoreClient } from './coreclient.ts';

interface Client {
  readonly connectionState: ConnectionState;
  readonly _core: CoreClient;
}

/** Keeps them: the core does not, and an application need not. */
const inUse = new Set<Client>();
let watching = false;

/** Puts a client on the list, or takes it off, as its state is. */
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
  // It bubbles up to the window. An <img name="visibilityState"> hides what it is: then each change counts.
  addEventListener('visibilitychange', () => document.visibilityState !== 'hidden' && wake());
}
