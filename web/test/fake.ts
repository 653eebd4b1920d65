/**
 * A core and a loader to drive the façade with. The core records each call as
 * [method, ...args] and answers nothing by itself: tests call the `done` they find, and the ClientEvents.
 */
import type { Core, Done, ClientEvents } from '../src/bridge.ts';
import { RtmClient, type Config } from '../src/client.ts';
import type { Loader } from '../src/loader.ts';
import type { Program } from '../src/program.ts';

export const appId = '0123456789abcdef0123456789abcdef';

export class FakeLoader implements Loader {
  calls: [string, ...any[]][] = [];
  hosts: ClientEvents[] = [];
  created: unknown[][] = [];
  released: number[] = [];
  /** What happens inside core.call, besides being recorded. */
  onCall: (method: string, args: any[]) => unknown = () => undefined;
  private program: (Program & { dead: boolean }) | undefined;
  private waiting: { resolve(p: Program): void; reject(e: unknown): void }[] = [];

  current = () => (this.program?.dead ? undefined : this.program);
  load = () => new Promise<Program>((resolve, reject) => {
    const running = this.current();
    if (running) resolve(running);
    else this.waiting.push({ resolve, reject });
  });

  /** The program is loaded. */
  ready(): void {
    const core: Core = {
      create: (...args) => {
        this.created.push(args);
        return this.hosts.push(args[2]) - 1;
      },
      release: (client) => void this.released.push(client),
      prepare: (...args) => void this.calls.push(['prepare', ...args]),
      call: ((client: number, method: string, ...args: any[]) => {
        this.calls.push([method, ...args]);
        return this.onCall(method, args);
      }) as Core['call'],
    };
    this.program = { core, dead: false, onDeath: new Set() };
    for (const { resolve } of this.waiting.splice(0)) resolve(this.program);
  }

  fail(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  /** The program ends. */
  die(): void {
    const { onDeath } = this.program!;
    this.program!.dead = true;
    for (const tell of onDeath) tell();
  }

  get wanted(): number {
    return this.waiting.length;
  }

  get host(): ClientEvents {
    return this.hosts.at(-1)!;
  }

  get methods(): string[] {
    return this.calls.map(([method]) => method);
  }

  last(method: string): any[] {
    return this.calls.filter(([m]) => m === method).at(-1)!.slice(1);
  }

  /** The done of the last call of a method. */
  done(method: string): Done<any> {
    return this.last(method).at(-1);
  }
}

export function makeClient(loader = new FakeLoader(), config: Config = {}): { client: RtmClient; loader: FakeLoader; events: unknown[][] } {
  const client = new RtmClient(appId, { gateway: 'http://gateway', ...config }, 1, loader);
  const events: unknown[][] = [];
  client.on('ConnectionStateChanged', (...args) => void events.push(args));
  return { client, loader, events };
}

/** A client that is logged in, the records cleared. */
export async function loggedIn() {
  const made = makeClient();
  const login = made.client.login({ uid: 'me' });
  made.loader.ready();
  await tick();
  made.loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
  made.loader.done('login')(undefined);
  await login;
  made.loader.calls.length = 0;
  made.events.length = 0;
  return made;
}

/** All that waits for settled promises has run. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Notes in `log` how a promise ends. */
export function note(log: unknown[], name: string, promise: Promise<unknown>): void {
  promise.then((value) => log.push([name, value]), (e) => log.push([name, e.name, e.code]));
}
