// WebKitGTK over plain WebDriver, for what Playwright can't drive: it offers of Playwright's Page what the specs
// that run in every browser use. One browser for each page, since a driver has one session and does one thing at a time.
import type { Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports.ts';

/** WebKitGTK's own test browser, where Debian and its like have it. */
export const miniBrowser = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`).find(existsSync);

/** Pages of WebKit; they are used again by the next test. */
export class WebKit {
  private readonly free: WebKitPage[] = [];
  private readonly processes: ChildProcess[] = [];
  private display?: Promise<string>;

  async page(): Promise<WebKitPage> {
    return this.free.pop() ?? this.open();
  }

  async giveBack(page: WebKitPage): Promise<void> {
    await page.goto('about:blank');
    this.free.push(page);
  }

  async stop(): Promise<void> {
    for (const page of this.free) await page.end();
    for (const p of this.processes.reverse()) p.kill();
  }

  private async open(): Promise<WebKitPage> {
    if (!miniBrowser) throw new Error('no WebKitGTK here: make browser installs it on Debian');
    for (let tries = 0; tries < 10; tries++) {
      const port = await freePort();
      const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: await this.screen() } });
      this.processes.push(driver);
      const url = `http://127.0.0.1:${port}`;
      if (await listens(driver, url)) return WebKitPage.open(url, miniBrowser);
    }
    throw new Error('WebKitWebDriver always ends');
  }

  /** The display that browsers show their windows on. */
  screen(): Promise<string> {
    return (this.display ??= this.startDisplay());
  }

  /** Xvfb takes a free display, and says which. */
  private async startDisplay(): Promise<string> {
    const x = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.processes.push(x);
    const [number] = await once(x.stdio[3] as NodeJS.ReadableStream, 'data');
    return `:${String(number).trim()}`;
  }
}

/** Waits for a driver to listen. It ends if another process has taken its port meanwhile, which may answer in its place. */
async function listens(driver: ChildProcess, url: string): Promise<boolean> {
  while (driver.exitCode === null && driver.signalCode === null) {
    const answer = await fetch(`${url}/status`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(50);
  }
  return false;
}

/** What a call in the page came to so far, and the errors that nobody caught. */
interface Progress {
  gone?: boolean;
  settled?: { value?: string; error?: string }; // the value as JSON of our own: the driver makes null of undefined
  errors: string[];
}

export class WebKitPage {
  private calls = 0;
  private hearErrors: ((e: string) => void)[] = [];
  private folders: string[] = [];

  private constructor(private readonly session: string) {}

  static async open(driver: string, binary: string): Promise<WebKitPage> {
    const { sessionId } = await command('POST', `${driver}/session`, {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
    });
    return new WebKitPage(`${driver}/session/${sessionId}`);
  }

  /** The part of Playwright's Page that is here. */
  get asPage(): Page {
    return this as unknown as Page;
  }

  async end(): Promise<void> {
    await command('DELETE', this.session);
  }

  async goto(url: string): Promise<void> {
    this.hearErrors = [];
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true });
    await command('POST', `${this.session}/url`, { url });
    await this.run(() => {
      const w = window as any;
      w.calls = {};
      w.uncaught = [];
      addEventListener('error', (e) => w.uncaught.push(String(e.error ?? e.message)));
      addEventListener('unhandledrejection', (e) => w.uncaught.push(String(e.reason)));
    });
  }

  on(_event: 'pageerror', hear: (e: string) => void): void {
    this.hearErrors.push(hear);
  }

  /** Begins the call and asks for its result until it is there: other pages are not kept waiting. */
  async evaluate<A, R>(fn: (arg: A) => R, arg?: A): Promise<Awaited<R>> {
    const id = ++this.calls;
    await this.run(
      `const [id, arg] = arguments, { calls } = window;
       Promise.resolve().then(() => (${fn})(arg)).then((value) => (calls[id] = { value: JSON.stringify({ value }) }), (e) => (calls[id] = { error: String(e && e.stack ? e + e.stack : e) }));`,
      id, arg ?? null,
    );
    for (;;) {
      const { gone, settled, errors }: Progress = await this.run((id: number) => {
        const w = window as any;
        if (!w.calls) return { gone: true, errors: [] };
        const settled = w.calls[id];
        delete w.calls[id];
        return { settled, errors: w.uncaught.splice(0) };
      }, id);
      for (const e of errors) for (const hear of this.hearErrors) hear(e);
      if (gone) throw new Error('the page went elsewhere');
      if (settled?.error) throw new Error(settled.error);
      if (settled) return JSON.parse(settled.value!).value;
      await sleep(20);
    }
  }

  /** Of the keys only those that lead from control to control. */
  readonly keyboard = {
    press: async (keys: 'Tab' | 'Shift+Tab'): Promise<void> => {
      const codes = keys.split('+').map((key) => ({ Tab: '\uE004', Shift: '\uE008' })[key]);
      const actions = [...codes.map((value) => ({ type: 'keyDown', value })), ...codes.reverse().map((value) => ({ type: 'keyUp', value }))];
      await command('POST', `${this.session}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] });
    },
  };

  async addScriptTag({ url }: { url: string }): Promise<void> {
    await this.evaluate(
      (url) =>
        new Promise<void>((resolve, reject) => {
          const script = Object.assign(document.createElement('script'), { src: url, onload: () => resolve(), onerror: reject });
          document.head.append(script);
        }),
      url,
    );
  }

  async setInputFiles(css: string, file: string | { name: string; buffer: Buffer }): Promise<void> {
    let place = file as string;
    if (typeof file !== 'string') {
      const folder = mkdtempSync(path.join(tmpdir(), 'rtm-file-'));
      this.folders.push(folder);
      place = path.join(folder, file.name);
      writeFileSync(place, file.buffer);
    }
    const element = Object.values(await command('POST', `${this.session}/element`, { using: 'css selector', value: css }))[0];
    await command('POST', `${this.session}/element/${element}/value`, { text: place });
  }

  private run(script: string | ((...args: any[]) => unknown), ...args: unknown[]): Promise<any> {
    const text = typeof script === 'string' ? script : `return (${script})(...arguments)`;
    return command('POST', `${this.session}/execute/sync`, { script: text, args });
  }
}

async function command(method: string, url: string, body?: unknown): Promise<any> {
  const r = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const { value } = (await r.json()) as { value: any };
  if (!r.ok) throw new Error(`WebDriver ${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}
