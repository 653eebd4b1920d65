import { once } from 'node:events';
import { createServer } from 'node:net';

/** The range is below the ports that systems give to connections and to who asks for any port; Go's tests have another one. */
const [first, count] = [10_000, 10_000];
let next = (process.pid * 977) % count;

/** A port of 127.0.0.1 at which nobody listens. It stays free until it is used, also while its program is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    next = (next + 1) % count;
    const port = first + next; // calls at the same time move next on
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // in use
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
