// The outbox after the browser itself has died: everything that it had not written is gone.
import { chromium, type Browser, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { events, expect, login, openBlank, test } from './support/test.ts';

/** A Chromium that the test can kill, on a profile that outlives it. */
class Killable {
  private constructor(private readonly process: ChildProcess, private readonly browser: Browser) {}

  static async start(executable: string, profile: string): Promise<Killable> {
    const args = ['--headless=new', '--no-sandbox', '--no-first-run', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
    const process = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true }); // in a group of its own
    try {
      return new Killable(process, await chromium.connectOverCDP(await devTools(process)));
    } catch (error) {
      await killGroup(process);
      throw error;
    }
  }

  page(): Promise<Page> {
    return this.browser.contexts()[0].newPage();
  }

  /** Ends all its processes at once, with SIGKILL. */
  kill(): Promise<void> {
    return killGroup(this.process);
  }
}

/** The address by which a Chromium that begins can be driven. */
function devTools(chromium: ChildProcess): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: chromium.stderr! }).on('line', (line) => {
      lines.push(line);
      const found = /DevTools listening on (ws:\S+)/.exec(line);
      if (found) resolve(found[1]);
    });
    chromium.once('error', reject).once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${lines.join('\n')}`)));
  });
}

async function killGroup(leader: ChildProcess): Promise<void> {
  if (!leader.pid || leader.exitCode !== null || leader.signalCode !== null) return;
  const exit = once(leader, 'exit');
  process.kill(-leader.pid, 'SIGKILL');
  await exit;
}

test('after a crash of the browser an upload goes on, and its message arrives once', async ({ browserName, openUser, net, run, launchOptions }) => {
  test.skip(browserName !== 'chromium', 'it is started and killed as a process of its own');
  const bob = await openUser(`bob-${run}`);
  const profile = mkdtempSync(path.join(tmpdir(), 'rtm-profile-'));
  const started: Killable[] = [];
  const start = async () => {
    started.push(await Killable.start(launchOptions.executablePath ?? chromium.executablePath(), profile));
    const page = await openBlank(await started.at(-1)!.page(), net.url);
    await page.addScriptTag({ url: '/sdk/outbox.js' });
    return page;
  };
  try {
    const before = await start();
    await login(before, `ada-${run}`);
    const stopped = net.holdUploads(5_000_000);
    await before.evaluate(async (to) => {
      const w = window as any;
      w.outbox = w.AgoraRTM.openOutbox(w.client);
      for (const content of [{ text: 'one' }, new Blob([new Uint8Array(12_000_000).fill(7)]), { text: 'two' }])
        await w.outbox.send(to, content, content instanceof Blob ? { fileName: 'film' } : {});
    }, { peerId: `bob-${run}` });
    await stopped;
    await started[0].kill();
    net.release();

    const after = await start();
    const offsets: number[] = [];
    after.on('request', (request) => request.method() === 'PATCH' && offsets.push(Number(request.headers()['upload-offset'])));
    await login(after, `ada-${run}`);
    await after.evaluate(() => {
      const w = window as any;
      w.outbox = w.AgoraRTM.openOutbox(w.client);
    });
    await expect.poll(() => after.evaluate(async () => (await (window as any).outbox.list()).length)).toBe(0);
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
    for (const one of started) await one.kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
