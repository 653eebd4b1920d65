import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './proc.ts';

/** Three NATS servers, each a process of its own. */
export interface Cluster {
  /** What --nats takes. */
  urls: string;
  /** What --media takes: a folder of all gateways. */
  media: string;
  /** kill -9 of one of them. */
  kill(server: 0 | 1 | 2): Promise<void>;
  end(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const p = spawn(path.join(root, 'tests/.build/natscluster'), { stdio: ['pipe', 'pipe', 'inherit'], cwd: root });
  const lines = createInterface({ input: p.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the NATS cluster ended');
    return value as string;
  };
  const exit = once(p, 'exit');
  const media = mkdtempSync(path.join(tmpdir(), 'rtm-media-'));
  return {
    urls: (await line()).slice('urls='.length),
    media,
    async kill(server) {
      p.stdin.write(`kill ${server}\n`);
      await line();
    },
    async end() {
      p.stdin.end();
      await exit;
      rmSync(media, { recursive: true, force: true });
    },
  };
}
