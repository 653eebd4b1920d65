import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A slow network before a gateway, for any browser. */
export interface Slow {
  url: string;
  /** Stops transfers; WebSockets go on. */
  hold(): void;
  /** Ends a hold. */
  release(): void;
  /** Breaks all connections. */
  cut(): void;
  /** Leads later connections to another gateway, as a balancer does. */
  turn(gateway: string): void;
  end(): Promise<void>;
}

/** Lets bytesPerSecond pass, each way of each connection. */
export async function slow(gateway: string, bytesPerSecond: number): Promise<Slow> {
  let target = new URL(gateway);
  const open = new Set<Socket>();
  let gate = Promise.resolve();
  let release = () => {};
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let transfers = true;
    near.once('data', (head) => (transfers = !/^upgrade: websocket/im.test(head.toString('latin1'))));
    const pass = () => (transfers ? gate : undefined);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => (open.delete(from), to.destroy()));
      from.pipe(pace(bytesPerSecond, pass)).pipe(to);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => open.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    hold: () => void (gate = new Promise((resolve) => (release = resolve))),
    release: () => release(),
    cut,
    turn(gateway) {
      target = new URL(gateway);
    },
    async end() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

function pace(bytesPerSecond: number, pass: () => Promise<void> | undefined): Transform {
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      await sleep((chunk.length / bytesPerSecond) * 1000);
      await pass();
      done(null, chunk);
    },
  });
}
