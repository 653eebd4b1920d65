// The outbox after the browser itself has died: everything that it had not written is gone.
import { chromium, firefox } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Front } from './support/front.ts';
import { appId, events, expect, test } from './support/test.ts';
import { miniBrowser } from './support/webkit.ts';

/** How to start a browser without a driver, on a profile that outlives it: WebKitGTK keeps nothing while it is driven. */
type Start = (profile: string) => { command: string; args: string[]; env?: Record<string, string> };

/** Has Firefox show only the page that is asked for, also after a crash. */
const firefoxSettings = ['browser.sessionstore.resume_from_crash', 'browser.aboutwelcome.enabled', 'datareporting.policy.dataSubmissionEnabled', 'browser.shell.checkDefaultBrowser']
  .map((name) => `user_pref("${name}", false);\n`).join('');

const inChromium = (command: string): Start => (profile) =>
  ({ command, args: ['--headless=new', '--no-sandbox', '--no-first-run', '--disable-gpu', `--user-data-dir=${profile}`] });

const inFirefox = (command: string): Start => (profile) => {
  writeFileSync(path.join(profile, 'user.js'), firefoxSettings);
  return { command, args: ['--headless', '--no-remote', '--profile', profile] };
};

const inWebKit = (display: string): Start => (profile) => ({
  command: miniBrowser!, args: [],
  env: { DISPLAY: display, ...Object.fromEntries(['DATA', 'CACHE', 'CONFIG'].map((kind) => [`XDG_${kind}_HOME`, path.join(profile, kind)])) },
});

/** Ends all processes of a browser at once, with SIGKILL. */
async function kill(leader: ChildProcess): Promise<void> {
  if (!leader.pid || leader.exitCode !== null || leader.signalCode !== null) return;
  const exit = once(leader, 'exit');
  process.kill(-leader.pid, 'SIGKILL');
  await exit;
}

/** A page that runs a function once it is logged in, with its outbox and an argument, and then tells the test. */
const page = <A>(uid: string, work: (outbox: any, arg: A) => Promise<unknown>, arg: A) => `<!doctype html><meta charset="utf-8">
<script src="/sdk/rtm.js"></script><script src="/sdk/outbox.js"></script>
<script type="module">
  const tell = (text) => fetch('/told', { method: 'POST', body: text });
  try {
    await AgoraRTM.preload(); // a login does not wait for it longer than 12 s
    const client = AgoraRTM.createInstance('${appId}');
    await client.login({ uid: '${uid}' });
    await (${work})(AgoraRTM.openOutbox(client), ${JSON.stringify(arg)});
    await tell('done');
  } catch (error) {
    await tell(String(error.stack ?? error));
  }
</script>`;

test('after a crash of the browser an upload goes on, and its message arrives once', { tag: '@everywhere' }, async ({ engine, browserName, webkit, openUser, net, run, launchOptions }) => {
  const { executablePath } = launchOptions;
  const start = engine === 'webkit' ? inWebKit(await webkit.screen())
    : browserName === 'firefox' ? inFirefox(executablePath ?? firefox.executablePath()) : inChromium(executablePath ?? chromium.executablePath());
  const bob = await openUser(`bob-${run}`);
  const profile = mkdtempSync(path.join(tmpdir(), 'rtm-profile-'));
  const front = await new Front().start();
  let told = (_text: string) => {};
  let offsets: number[] = [];
  front.mount('/', { upstream: net.url }).mount('/told', {
    answer: async (req, res) => {
      let text = '';
      for await (const part of req.setEncoding('utf8')) text += part;
      res.end();
      told(text);
    },
  });
  front.before = ({ method, headers }) => {
    if (method === 'PATCH') offsets.push(Number(headers['upload-offset']));
    return false;
  };
  front.mount('/before.html', { page: page(`ada-${run}`, async (outbox, to) => {
    for (const content of [{ text: 'one' }, new Blob([new Uint8Array(12_000_000).fill(7)]), { text: 'two' }])
      await outbox.send(to, content, content instanceof Blob ? { fileName: 'film' } : {});
  }, { peerId: `bob-${run}` }) });
  front.mount('/after.html', { page: page(`ada-${run}`, async (outbox) => {
    if (!(await outbox.list()).length) throw new Error('nothing was kept');
    await new Promise<void>((resolve) => {
      const look = async () => (await outbox.list()).length || resolve();
      outbox.on('ItemRemoved', look);
      look();
    });
  }, undefined) });
  const running: ChildProcess[] = [];
  /** Starts the browser on a page, and resolves with what the page tells. */
  const visit = (name: string) => {
    const { command, args, env } = start(profile);
    const answer = new Promise<string>((resolve) => (told = resolve));
    const browser = spawn(command, [...args, `${front.url}/${name}`], { stdio: 'ignore', detached: true, env: { ...process.env, ...env } }); // in a group of its own
    running.push(browser);
    return Promise.race([answer, once(browser, 'exit').then(([code]) => `the browser ended with ${code}`)]);
  };
  try {
    const stopped = net.holdUploads(5_000_000);
    expect(await visit('before.html')).toBe('done');
    await stopped;
    await kill(running[0]);
    net.release();
    offsets = [];
    expect(await visit('after.html')).toBe('done');
    expect((await events(bob, 'MessageFromPeer')).map(([message]) => message.text ?? message.fileName)).toEqual(['one', 'film', 'two']);
    expect(offsets[0], 'where the gateway had it').toBeGreaterThan(3_000_000);
    const bytes = await bob.evaluate(async () => {
      const { client, log } = window as any;
      const blob: Blob = await client.downloadMedia(log.find(([name, m]: any) => name === 'MessageFromPeer' && m.mediaId)[1].mediaId);
      const all = new Uint8Array(await blob.arrayBuffer());
      return [all.length, all.every((byte) => byte === 7)];
    });
    expect(bytes).toEqual([12_000_000, true]);
  } finally {
    for (const browser of running) await kill(browser);
    await front.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
