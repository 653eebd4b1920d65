import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';

/** A development or production server of some tool, as a process of the test's own. */
export class Command {
  private output = '';
  private constructor(private readonly process: ChildProcess, readonly url: string) {
    for (const out of [process.stdout!, process.stderr!]) out.on('data', (text) => (this.output += text));
  }

  /** Runs a Node program on a free port, which `args` puts among its arguments, until it answers. */
  static async start(cwd: string, program: string, args: (port: string) => string[]): Promise<Command> {
    const port = String(await freePort());
    const child = spawn(process.execPath, [program, ...args(port)], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } });
    const command = new Command(child, `http://127.0.0.1:${port}/`);
    while (!(await fetch(command.url).then(() => true, () => false))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}:\n${command.output}`);
      await sleep(50);
    }
    return command;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}
