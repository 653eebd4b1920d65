import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A slow network before a gateway, for any browser. */
export interface Slow {
  url: string;
  /** Stops uploads when so many more of their bytes have passed, and resolves then; all else goes on. */
  holdUploads(after: number): Promise<void>;
  /** Stops the gateway's answers when so many more of their bytes have passed, and resolves then; all else goes on. */
  holdAnswers(after: number): Promise<void>;
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
  let release = () => {};
  const uploads = new Limit();
  const answers = new Limit();
  const hold = (limit: Limit, after: number) => {
    release = () => limit.release();
    return limit.hold(after);
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let transfers = true;
    near.once('data', (head) => (transfers = !/^upgrade: websocket/im.test(head.toString('latin1'))));
    for (const [from, to] of [[near, far], [far, near]] as const) {
      const pass = async (chunk: Buffer) => {
        if (!transfers) return;
        if (from === far) await answers.pass(chunk);
        // A request other than a PATCH has a chunk of its own, and passes.
        else if (!/^(GET|HEAD|POST|DELETE|OPTIONS) /.test(chunk.toString('latin1', 0, 8))) await uploads.pass(chunk);
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
    holdUploads: (after) => hold(uploads, after),
    holdAnswers: (after) => hold(answers, after),
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

/** What may pass in one direction before it stops. */
class Limit {
  release = () => {};
  private gate = Promise.resolve();
  private left = Infinity;
  private reached = () => {};

  hold(after: number): Promise<void> {
    this.left = after;
    this.gate = new Promise((resolve) => (this.release = () => {
      this.left = Infinity;
      resolve();
    }));
    return new Promise((resolve) => (this.reached = resolve));
  }

  pass(chunk: Buffer): Promise<void> | undefined {
    this.left -= chunk.length;
    if (this.left > 0) return undefined;
    this.reached();
    return this.gate;
  }
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
