import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A slow network before a gateway, for any browser. */
export interface Slow {
  url: string;
  /** Stops transfers; WebSockets go on. */
  hold(): void;
  /** Stops uploads when so many more of their bytes have passed, and resolves then; all else goes on. */
  holdUploads(after: number): Promise<void>;
  /** Ends the latest hold. */
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
  let uploadGate = Promise.resolve();
  let uploadsLeft = Infinity;
  let uploadsHeld = () => {};
  /** Counts what goes to the gateway. A request other than a PATCH has a chunk of its own, and passes. */
  const passUp = (chunk: Buffer) => {
    if (/^(GET|HEAD|POST|DELETE|OPTIONS) /.test(chunk.toString('latin1', 0, 8))) return undefined;
    uploadsLeft -= chunk.length;
    if (uploadsLeft > 0) return undefined;
    uploadsHeld();
    return uploadGate;
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let transfers = true;
    near.once('data', (head) => (transfers = !/^upgrade: websocket/im.test(head.toString('latin1'))));
    for (const [from, to] of [[near, far], [far, near]] as const) {
      const pass = async (chunk: Buffer) => {
        if (!transfers) return;
        await gate;
        if (from === near) await passUp(chunk);
      };
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
    holdUploads(after) {
      uploadsLeft = after;
      uploadGate = new Promise((resolve) => (release = () => {
        uploadsLeft = Infinity;
        resolve();
      }));
      return new Promise((resolve) => (uploadsHeld = resolve));
    },
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

function pace(bytesPerSecond: number, pass: (chunk: Buffer) => Promise<void>): Transform {
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      await sleep((chunk.length / bytesPerSecond) * 1000);
      await pass(chunk);
      done(null, chunk);
    },
  });
}
