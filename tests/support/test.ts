import { test as base, expect, type Page } from '@playwright/test';
import path from 'node:path';
import { Gateway, root } from './proc.ts';
import { Site } from './site.ts';
import { slow, type Slow } from './slow.ts';
import { WebKit, type WebKitPage } from './webkit.ts';

/** What pages under test keep on their window. */
export interface TestWindow {
  AgoraRTM: any;
  client: any;
  channel: any;
  log: any[];
}

export const appId = 'A0'.repeat(16);

type Origin = 'same origin' | 'cross origin';

interface WorkerFixtures {
  /** Set by the project: who makes the pages. */
  engine: 'playwright' | 'webkit';
  webkit: WebKit;
  /** One gateway for all tests of a worker; each test draws ids of its own. */
  gateway: Gateway;
  /** A web server that is not the gateway. */
  site: Site;
}

interface Fixtures {
  /** A suffix that makes ids unique to the test. */
  run: string;
  /** Opens a page of the project's browser. In WebKit it is no more than what support/webkit.ts offers. */
  newPage: () => Promise<Page>;
  /** Opens a blank page with nothing but the script tag. */
  openPage: (origin?: Origin) => Promise<Page>;
  /** Opens a page and logs in; the client is window.client. */
  openUser: (uid: string, origin?: Origin) => Promise<Page>;
  /** A network of 2 MB/s before the gateway. */
  net: Slow;
  /** As openUser, on that network. */
  openSlowUser: (uid: string) => Promise<Page>;
}

let runs = 0;

export const test = base.extend<Fixtures, WorkerFixtures>({
  engine: ['playwright', { scope: 'worker', option: true }],
  webkit: [
    async ({}, use) => {
      const webkit = new WebKit();
      await use(webkit);
      await webkit.stop();
    },
    { scope: 'worker' },
  ],
  gateway: [
    async ({}, use) => {
      const gateway = await new Gateway().start();
      await use(gateway);
      await gateway.stop();
    },
    { scope: 'worker' },
  ],
  site: [
    async ({}, use) => {
      const site = await new Site(path.join(root, 'tests/.build')).start();
      await use(site);
      await site.stop();
    },
    { scope: 'worker' },
  ],
  run: async ({}, use, info) => {
    await use(`${info.workerIndex}-${++runs}`);
  },
  newPage: async ({ context, engine, webkit }, use) => {
    if (engine === 'playwright') return use(() => context.newPage());
    const pages: WebKitPage[] = [];
    await use(async () => {
      pages.push(await webkit.page());
      return pages.at(-1)!.asPage;
    });
    for (const page of pages) await webkit.giveBack(page);
  },
  openPage: async ({ newPage, gateway, site }, use) => {
    const failures: string[] = [];
    await use(async (origin = 'same origin') => {
      const page = await blankPage(await newPage(), gateway.url, site, origin);
      page.on('pageerror', (e) => isOfThePage(String(e)) && failures.push(String(e)));
      return page;
    });
    expect(failures, 'no page may see an uncaught error').toEqual([]);
  },
  openUser: async ({ openPage }, use) => {
    await use(async (uid, origin) => {
      const page = await openPage(origin);
      await login(page, uid);
      return page;
    });
  },
  net: async ({ gateway }, use) => {
    const net = await slow(gateway.url, 2_000_000);
    await use(net);
    await net.end();
  },
  openSlowUser: async ({ newPage, net }, use) => {
    await use(async (uid) => {
      const page = await openBlank(await newPage(), net.url);
      await login(page, uid);
      return page;
    });
  },
});

export { expect };

/** For what must not wait for the gateway to give a lost session up, which takes 30 s. */
export const atOnce = { timeout: 25_000 };

async function blankPage(page: Page, gateway: string, site: Site, origin: Origin): Promise<Page> {
  if (origin === 'same origin') return openBlank(page, gateway);
  site.pages.set('/blank.html', { body: `<!doctype html><meta charset="utf-8"><title>test</title>${input}<script src="${gateway}/sdk/rtm.js"></script>` });
  await page.goto(`${site.url}/blank.html`);
  return page;
}

/** Firefox's own reports of a network that fails come as page errors too. */
const isOfThePage = (e: string) => !/^Firefox can’t establish a connection|^The connection to \S+ was interrupted|^Cross-Origin Request Blocked/.test(e);

const input = '<input type="file" class="file-input" multiple>';

/**
 * Makes a page of the gateway's own origin with nothing but the script tag. It starts from a page
 * that the gateway really serves: to one made up by a route the browser denies the local network.
 */
export async function openBlank(page: Page, gateway: string): Promise<Page> {
  await page.goto(`${gateway}/healthz`);
  await page.evaluate((html) => (document.body.innerHTML = html), input);
  await page.addScriptTag({ url: `${gateway}/sdk/rtm.js` });
  return page;
}

/** Logs in, and collects every event of the client in window.log as [name, ...args]. The program is there before: a login has 12 s, and does not wait longer for it. */
export async function login(page: Page, uid: string, app = appId): Promise<void> {
  await page.evaluate(
    async ({ app, uid }) => {
      const w = window as unknown as TestWindow;
      await w.AgoraRTM.preload();
      w.client = w.AgoraRTM.createInstance(app, { logFilter: w.AgoraRTM.LOG_FILTER_ERROR });
      w.log = [];
      for (const name of ['ConnectionStateChanged', 'MessageFromPeer', 'ChannelMessage'])
        w.client.on(name, (...args: unknown[]) => w.log.push([name, ...args]));
      await w.client.login({ uid });
    },
    { app, uid },
  );
}

/** Joins; the channel is window.channel and its events go to window.log too. */
export async function join(page: Page, id: string): Promise<void> {
  await page.evaluate(async (id) => {
    const w = window as unknown as TestWindow;
    w.channel = w.client.createChannel(id);
    for (const name of ['MemberJoined', 'MemberLeft', 'MemberCountUpdated'])
      w.channel.on(name, (...args: unknown[]) => w.log.push([name, ...args]));
    await w.channel.join();
  }, id);
}

/** The events of a name so far. */
export function events(page: Page, name: string): Promise<any[][]> {
  return page.evaluate((name) => (window as unknown as TestWindow).log.filter((e) => e[0] === name).map((e) => e.slice(1)), name);
}

/**
 * Texts as they were sent, each once: `3.5` is the number 3 in the fifth message. A number is sent again if its sender hears nothing
 * in time, but the first message with it may arrive all the same: so each has a text of its own.
 */
export const inOrder = (texts: string[]): string[] => [...new Set(texts)].sort(new Intl.Collator('en', { numeric: true }).compare);

/** What a promise of the page rejects with. */
export function failure(page: Page, body: string): Promise<{ name: string; code: number; message: string; isError: boolean }> {
  return page.evaluate(async (body) => {
    try {
      await new Function('client', 'channel', 'AgoraRTM', `return (async () => { ${body} })()`)(
        (window as any).client, (window as any).channel, (window as any).AgoraRTM);
    } catch (e: any) {
      return { name: e.name, code: e.code, message: e.message, isError: e instanceof Error };
    }
    throw new Error('it did not fail: ' + body);
  }, body);
}
