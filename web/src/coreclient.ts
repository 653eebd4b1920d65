/**
 * Passes the calls of a client to the core. While the program runs, it does so inside the call of the
 * API. Before that, the calls wait for the program, in order.
 */
import type { Calls, ClientHandle, Done, Failure, ClientEvents } from './bridge.ts';
import { gatewayUrl } from './address.ts';
import { messageOf, rtmError } from './errors.ts';
import type { Loader } from './loader.ts';
import { getParameter } from './parameters.ts';
import { STOPPED, type Program } from './program.ts';

interface Job {
  begin(): void;
  fail(failure: Failure): void;
}

/** FAILURE or UNKNOWN in the enums of login, messages, channels and media; those of presence and attributes have no 1. */
const FAILURE = 1;

export class CoreClient {
  private _program: Program | undefined;
  private _handle: ClientHandle = 0;
  private _url = '';
  /** Removes the client from the program. */
  private _release = (): void => {};
  private _moved = false;
  private _waiting: Job[] = [];
  /** The promises that the application waits for; they are rejected if the program ends. */
  private readonly _pending = new Set<Done<any>>();

  /** `crashed` is called when the program has ended, before what is pending is rejected. */
  constructor(
    private readonly _loader: Loader,
    private readonly _appId: string,
    private readonly _config: { gateway?: unknown },
    private readonly _host: ClientEvents,
    private readonly _crashed: (settle: () => void) => void,
  ) {}

  /** A promise and the one function that settles it; `settled` is called before. */
  createDeferred<T>(settled?: () => void): { promise: Promise<T>; done: Done<T> } {
    let done!: Done<T>;
    const promise = new Promise<T>((resolve, reject) => {
      done = once((failure, value) => {
        this._pending.delete(done);
        settled?.();
        if (failure) reject(rtmError(failure));
        else resolve((value ?? undefined) as T); // Go has null only
      });
    });
    this._pending.add(done);
    return { promise, done };
  }

  /** A promise of the value that the core passes to `done`. */
  request<T = void>(begin: (done: Done<any>) => void, settled?: () => void): Promise<T> {
    const { promise, done } = this.createDeferred<T>(settled);
    this.queue(() => begin(done), done);
    return promise;
  }

  /** A promise of the value that the core passes to the last argument of `method`, its Done. */
  ask<T = void>(method: keyof Calls, ...args: unknown[]): Promise<T> {
    return this.request<T>((done) => this.call(method, ...([...args, done] as any)));
  }

  /** Calls begin at once if the program runs and no call waits. Otherwise begin or fail is called later, in order. */
  queue(begin: () => void, fail: (failure: Failure) => void): void {
    const job = { begin, fail };
    if (this._waiting.length) this._waiting.push(job);
    else if (this._loader.current()) this._start(job);
    else {
      this._waiting.push(job);
      this._loader.load(this._config.gateway).then(() => this._flush(), (cause) => this._fail(cause));
    }
  }

  /** Only within begin, or while the core has the client. */
  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): ReturnType<Calls[M]> | undefined {
    return this._program?.core.call(this._handle, method, ...args);
  }

  /** Makes the next call read the gateway's address again. Only while logged out, because another address needs another client in the core. */
  readdress(): void {
    this._moved = true;
  }

  /** Removes the client from the program. The next call makes a new one there. */
  end(): void {
    this._release();
    this._program = undefined;
  }

  /** Where the gateway is, as the next login takes it. */
  address(): string {
    const gateway = this._config.gateway ?? getParameter('GATEWAY');
    if (gateway === undefined) {
      throw new Error("no gateway is known here: call setParameter('GATEWAY', url), or createInstance(appId, { gateway: url })");
    }
    return gatewayUrl(gateway);
  }

  private _flush(): void {
    for (let job; (job = this._waiting[0]); this._waiting.shift()) this._start(job);
  }

  private _start(job: Job): void {
    try {
      this._attach();
    } catch (error) {
      job.fail(unavailable(error));
      return;
    }
    job.begin();
  }

  /** Makes the client in a program that does not have it yet, or not at this address. */
  private _attach(): void {
    const program = this._loader.current();
    if (!program) throw new Error(STOPPED);
    if (program === this._program && !this._moved) return;
    const url = this.address();
    this._moved = false;
    if (program === this._program && url === this._url) return;
    const link = weak(this);
    const handle = program.core.create(this._appId, url, weak(this._host)); // if it throws, nothing has changed
    this._release();
    this._program = program;
    this._url = url;
    this._handle = handle;
    this._release = hold(program, handle, link);
    registry?.register(this, this._release);
  }

  private _fail(cause: unknown): void {
    for (const job of this._waiting.splice(0)) job.fail(unavailable(cause)); // what comes meanwhile loads again
  }

  /** The program ended. */
  _died(): void {
    this._program = undefined;
    this._waiting = [];
    const pending = [...this._pending];
    this._crashed(() => {
      for (const done of pending) done({ name: 'RtmInternalError', text: STOPPED });
    });
  }
}

/**
 * Calls `done` once and then releases it. Go may keep its argument for a long time, because it collects small
 * allocations together.
 */
function once<T>(done: Done<T> | undefined): Done<T> {
  return (failure, value) => {
    const settle = done;
    done = undefined;
    settle?.(failure, value);
  };
}

/** Without a FinalizationRegistry, clients stay until the page is closed. */
const registry = typeof FinalizationRegistry === 'function' && typeof WeakRef === 'function' ? new FinalizationRegistry<() => void>((release) => release()) : undefined;

/** Calls the methods of `object` until it is collected. The result does not keep `object` alive. */
function weak<T extends object>(object: T): T {
  if (!registry) return object;
  const ref = new WeakRef<any>(object);
  return new Proxy({} as T, { get: (_, name) => (...args: unknown[]) => ref.deref()?.[name](...args) });
}

/**
 * Returns a function that removes the client from the program. It is outside the class on purpose: the registry keeps the returned
 * function, so the function must not refer to the CoreClient itself, only to its weak form. Otherwise no CoreClient would ever be collected.
 */
function hold(program: Program, handle: ClientHandle, link: CoreClient): () => void {
  const died = () => link._died();
  program.onDeath.add(died);
  return () => {
    program.onDeath.delete(died);
    if (!program.dead) program.core.release(handle);
  };
}

export function unavailable(cause: unknown): Failure {
  return { name: 'RtmUnavailableError', code: FAILURE, text: messageOf(cause), cause };
}
