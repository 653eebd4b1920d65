import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './proc.ts';

/** A fault proxy before a gateway: the same seed gives the same faults. */
export interface BadNet {
  url: string;
  /** Ends it; gives what it did, each line beginning with the kind of the fault. */
  end(): Promise<string[]>;
}

export async function badNet(gateway: string, seed: number): Promise<BadNet> {
  const args = ['-target', new URL(gateway).host, '-seed', String(seed)];
  const p = spawn(path.join(root, 'tests/.build/badnet'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const output = createInterface({ input: p.stdout });
  const url = new Promise<string>((resolve, reject) => {
    output.on('line', (line) => (line.startsWith('url=') ? resolve(line.slice(4)) : lines.push(line)));
    p.once('exit', () => reject(new Error('the fault proxy ended')));
  });
  const closed = once(output, 'close');
  return {
    url: await url,
    async end() {
      p.stdin.end();
      await closed;
      return lines;
    },
  };
}
