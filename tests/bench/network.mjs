// A network of a given speed in front of a server.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lets bytesPerSecond pass each way, all connections together. */
export async function network(url, bytesPerSecond) {
  const { hostname, port } = new URL(url);
  const pace = () => {
    let free = 0; // when the line is, in ms
    return () =>
      new Transform({
        async transform(chunk, _, done) {
          free = Math.max(free, performance.now()) + (chunk.length / bytesPerSecond) * 1000;
          const wait = free - performance.now();
          if (wait > 1) await sleep(wait); // timers are no finer
          done(null, chunk);
        },
      });
  };
  const [up, down] = [pace(), pace()];
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to, line] of [[near, far, up], [far, near, down]]) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => (open.delete(from), to.destroy()));
      from.pipe(line()).pipe(to);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
