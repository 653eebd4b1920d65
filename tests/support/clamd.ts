import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = ['/usr/sbin/clamd', '/usr/bin/clamd', '/opt/homebrew/sbin/clamd'].find(existsSync);

/** Why there is no daemon to test with, or ''. */
export const missing = program ? '' : 'no clamd: install the package clamav-daemon, as scripts/install-test-tools.sh does';
if (missing && process.env.CI) throw new Error(missing);

/** What the daemon finds, wherever it is in a file, and the name of that. */
export const infected = 'RTM-WASM-SCANNER-TEST-FILE';
export const found = 'Rtm.Test.File.UNOFFICIAL';

/** A real ClamAV daemon with a database of one signature. */
export class Clamd {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'clamd-'));
  private readonly socket = path.join(this.folder, 'ctl');
  private process!: ChildProcess;
  readonly url = `clamd://${this.socket}`;

  async start(): Promise<this> {
    const db = path.join(this.folder, 'db');
    const conf = path.join(this.folder, 'clamd.conf');
    mkdirSync(db, { recursive: true });
    writeFileSync(path.join(db, 'test.ndb'), `Rtm.Test.File:0:*:${Buffer.from(infected).toString('hex')}\n`);
    writeFileSync(conf, `Foreground yes\nDatabaseDirectory ${db}\nTemporaryDirectory ${this.folder}\nLocalSocket ${this.socket}\nStreamMaxLength 31M\n`);
    this.process = spawn(program!, [`--config-file=${conf}`], { stdio: 'ignore' });
    while (!(await this.answers())) {
      if (this.process.exitCode !== null) throw new Error(`clamd ended with ${this.process.exitCode}`);
      await sleep(10);
    }
    return this;
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = createConnection(this.socket, () => (connection.destroy(), resolve(true)));
      connection.on('error', () => resolve(false));
    });
  }

  /** It takes connections, and does nothing, until it may go on. */
  pause(): void {
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.process.kill('SIGCONT');
  }

  stop(): void {
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
