/** What rows find in their page. */
export interface Stage {
  sdk: any;
  appId: string;
  /** An id of this row's own. */
  id(name: string): string;
  /** A client that is not logged in. */
  client(config?: object): any;
  /** A client that is logged in as id(name). */
  user(name?: string): Promise<any>;
  /** A channel that is joined, by a user of its own if none is given. */
  joined(client?: any, id?: string): Promise<any>;
  /** The arguments of the next event of that name. */
  next(emitter: any, event: string): Promise<any[]>;
  /** Collects events as [name, ...args]. */
  record(emitter: any, ...events: string[]): any[][];
  /** Waits, 10 s at most, until the value is truthy, and returns it. */
  until<T>(value: () => T | Promise<T>): Promise<T>;
  /** Makes the calls that a rate just allows and the one that is too many, all in one turn: no slow answer puts them into different windows. */
  allAtOnce(allowed: number, call: (i: number) => Promise<unknown>, more: () => Promise<unknown>): Promise<() => unknown>;
  /**
   * Does what a rate just allows within so many milliseconds, and then, in the same turn, the call that is one too many. If it
   * took longer, it is done again when the time has passed: `full` is told how often that was.
   */
  tooMany(ms: number, full: (round: number) => Promise<unknown>, call: () => Promise<unknown>): Promise<() => unknown>;
  /** Waits for the time of a limit to pass. */
  pass(ms: number): Promise<void>;
  bytes(n: number): Uint8Array<ArrayBuffer>;
  blob(n: number): Blob;
  /** Compares as JSON. */
  equal(got: unknown, want: unknown, what?: string): void;
}

/** How a row ended; nothing is said of one that held. */
export interface Outcome {
  wrong?: string;
}

/** The driver of the rows, which is handed to the page as text: nothing outside it is known there. */
export function driver(appId: string, run: string, parallel: number) {
  const sdk = (window as any).AgoraRTM;

  function makeStage(n: number): Stage & { clients: any[] } {
    const clients: any[] = [];
    let users = 0;
    const t = {
      sdk,
      appId,
      clients,
      id: (name: string) => `${name}-${n}-${run}`,
      client(config: object = {}) {
        const client = sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_OFF, ...config });
        clients.push(client);
        return client;
      },
      async user(name = `user${++users}`) {
        const client = t.client();
        await client.login({ uid: t.id(name) });
        return client;
      },
      async joined(client?: any, id?: string) {
        const channel = (client ?? (await t.user())).createChannel(id ?? t.id('room'));
        await channel.join();
        return channel;
      },
      next: (emitter: any, event: string) =>
        new Promise<any[]>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`no ${event} within 60 s`)), 60_000);
          emitter.once(event, (...args: any[]) => (clearTimeout(timer), resolve(args)));
        }),
      record(emitter: any, ...events: string[]) {
        const log: any[][] = [];
        for (const event of events) emitter.on(event, (...args: any[]) => log.push([event, ...args]));
        return log;
      },
      async until<T>(value: () => T | Promise<T>): Promise<T> {
        const end = performance.now() + 60_000;
        for (;;) {
          const got = await value();
          if (got) return got;
          if (performance.now() > end) throw new Error(`not within 60 s: ${value}`);
          await t.pass(20);
        }
      },
      async allAtOnce(allowed: number, call: (i: number) => Promise<unknown>, more: () => Promise<unknown>) {
        const calls = Array.from({ length: allowed }, (_, i) => call(i));
        const over = more();
        over.catch(() => undefined); // the row looks at it later
        await Promise.all(calls);
        return () => over;
      },
      async tooMany(ms: number, full: (round: number) => Promise<unknown>, call: () => Promise<unknown>) {
        for (let round = 0; ; round++) {
          const begun = performance.now();
          await full(round);
          if (performance.now() - begun < ms) {
            const over = call();
            over.catch(() => undefined); // the row looks at it later
            return () => over;
          }
          await t.pass(ms);
        }
      },
      pass: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)),
      blob: (n: number) => new Blob([new Uint8Array(n)]),
      equal(got: unknown, want: unknown, what = '') {
        const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
        if (g !== w) throw new Error(`${what} got ${g}, want ${w}`);
      },
    };
    return t;
  }

  /** The error of a call, and whether it was thrown or rejected. */
  async function failure(call: () => unknown): Promise<{ how: string; error: any }> {
    let result;
    try {
      result = call();
    } catch (error) {
      return { how: 'thrown', error };
    }
    try {
      await result;
    } catch (error) {
      return { how: 'rejected', error };
    }
    throw new Error('it did not fail');
  }

  function check({ how, error }: { how: string; error: any }, want: { how: string; class: string; code?: number }): void {
    const got = `${error?.name} ${error?.code} ${how}`;
    const wanted = `${want.class} ${want.code} ${want.how}`;
    if (got !== wanted) throw new Error(`got ${got} (${error?.message}), want ${wanted}`);
    if (!(error instanceof Error)) throw new Error('it is no Error');
    if (want.class === 'TypeError') return;
    for (const field of ['code', 'serverCode', 'originalError']) if (!Object.hasOwn(error, field)) throw new Error(`it has no ${field}`);
    if (Object.hasOwn(error, 'statusCode') !== (want.class === 'RtmUnavailableError')) throw new Error('statusCode is for RtmUnavailableError');
    const shape = new RegExp(`^${want.code === undefined ? '' : ` Error Code ${want.code}(, server Code \\d+)? - `}\\S.*[^\\s.,:;!?][.?]$`, 's'); // one end
    if (!shape.test(error.message)) throw new Error(`message is "${error.message}"`);
  }

  async function runRow(n: number, row: { fails?: string; works?: string; how: string; class: string; code?: number }): Promise<Outcome> {
    const t = makeStage(n);
    try {
      if (row.works) await new Function(`return (${row.works})`)()(t);
      else check(await failure(await new Function(`return (${row.fails})`)()(t)), row);
      return {};
    } catch (error: any) {
      return { wrong: String(error?.message ?? error) + (error?.code === undefined || row.fails ? '' : ` [${error.name}]`) };
    } finally {
      for (const client of t.clients) if (client.connectionState !== 'DISCONNECTED') client.logoutSync();
    }
  }

  /** Runs rows, several at a time. */
  return async (rows: Parameters<typeof runRow>[1][]): Promise<Outcome[]> => {
    await sdk.preload(); // a login does not wait for it longer than 12 s
    const outcomes: Outcome[] = [];
    let next = 0;
    const worker = async () => {
      for (let n = next++; n < rows.length; n = next++) outcomes[n] = await runRow(n, rows[n]!);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    return outcomes;
  };
}
