import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './ports.ts';

export const root = path.resolve(import.meta.dirname, '../..');

/** A gateway process of the test's own, on a free port and, unless it has --nats, a data folder of its own. */
export class Gateway {
  private process?: ChildProcess;
  private readonly data = mkdtempSync(path.join(tmpdir(), 'rtm-gateway-'));
  private output: string[] = [];
  /** Where it serves; the same after a restart. */
  url = '';

  constructor(private readonly args: string[] = []) {}

  async start(): Promise<this> {
    const listen = this.url ? new URL(this.url).host : `127.0.0.1:${await freePort()}`;
    const data = this.args.includes('--nats') ? [] : ['--data', this.data];
    const p = spawn('./bin/rtm-gateway', ['--listen', listen, ...data, ...this.args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = p;
    this.url = await new Promise<string>((resolve, reject) => {
      const read = (line: string) => {
        this.output.push(line);
        const m = /url=(https?:\/\/\S+)/.exec(line);
        if (m) resolve(m[1].replace(/\/$/, ''));
      };
      createInterface({ input: p.stdout! }).on('line', read);
      createInterface({ input: p.stderr! }).on('line', read);
      p.once('exit', (code) => reject(new Error(`gateway ended with ${code}:\n${this.output.join('\n')}`)));
    });
    return this;
  }

  /** SIGKILL unless told otherwise. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const p = this.process;
    this.process = undefined;
    if (!p || p.exitCode !== null) return p?.exitCode ?? null;
    const exit = once(p, 'exit');
    p.kill(signal);
    return (await exit)[0];
  }

  /** Its connections stay, and nothing answers: as if its machine were gone. */
  freeze(): void {
    this.process!.kill('SIGSTOP');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** The uploads that are not finished and of which something has arrived, by name. */
  uploads(): string[] {
    const parts = path.join(this.data, 'media', 'parts');
    return readdirSync(parts, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  /** Everything it printed. */
  log(): string {
    return this.output.join('\n');
  }
}
