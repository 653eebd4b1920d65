// A page that loses its network in the middle of a transfer, as on a train: nobody does a thing,
// and the transfer goes on from where it was.
import type { Page } from '@playwright/test';
import { test, expect, events, login, openBlank } from './support/test.ts';
import { slow, type Slow } from './support/slow.ts';

/** A download asks for 1 MiB in each of two requests at first: when more than 2 MiB have passed, one of them is over, and the file is not. */
const BYTES = 3 << 20;

/** Starts a transfer: `window.moved` is its promise, `window.progress` what it was told. */
function begin(page: Page, way: 'up' | 'down'): Promise<void> {
  return page.evaluate(({ way, bytes }) => {
    const w = window as any;
    w.data ??= new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 13);
    w.progress = [];
    w.moved = null;
    const handler = { onOperationProgress: (p: any) => w.progress.push(p.currentSize) };
    const transfer = way === 'up' ? w.client.createMediaMessageByUploading(new Blob([w.data]), {}, handler) : w.client.downloadMedia(w.id, handler);
    transfer.then((moved: any) => (w.moved = moved), (e: any) => (w.moved = String(e)));
  }, { way, bytes: BYTES });
}

const told = (page: Page): Promise<number[]> => page.evaluate(() => (window as any).progress);
const ended = (page: Page): Promise<boolean> => page.evaluate(() => (window as any).moved !== null);

/** Takes the network away in the middle of the transfer, where it is held, and gives it back. */
async function tunnel(page: Page, net: Slow): Promise<void> {
  await expect.poll(async () => (await told(page)).at(-1)).toBeGreaterThan(BYTES / 4);
  await page.context().setOffline(true);
  net.cut(); // what was connected before stays so for the browser
  net.release();
  await expect.poll(async () => (await events(page, 'ConnectionStateChanged')).at(-1)).toEqual(['RECONNECTING', 'INTERRUPTED']);
  const before = await told(page);
  expect(await ended(page), 'the promise stays pending').toBe(false);
  expect(before.at(-1)).toBeLessThan(BYTES);
  await page.context().setOffline(false);
  await expect.poll(() => ended(page)).toBe(true);
  const after = await told(page);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.every((n, i) => (i ? n > after[i - 1] : n === 0)), `rises: ${after}`).toBe(true);
  expect(after.at(-1)).toBe(BYTES);
  expect((await events(page, 'ConnectionStateChanged')).at(-1)).toEqual(['CONNECTED', 'LOGIN_SUCCESS']);
}

test('an upload and a download go on after the network was away', async ({ newPage, gateway, run }) => {
  const net = await slow(gateway.url, 2_000_000);
  try {
    const page = await openBlank(await newPage(), net.url);
    await login(page, `a-${run}`);
    const offsets: number[] = [];
    const ranges: string[] = [];
    const arrived = new Set<string>(); // ranges that came whole
    page.on('request', (r) => {
      if (r.method() === 'PATCH') offsets.push(Number(r.headers()['upload-offset']));
      if (r.method() === 'GET' && r.url().includes('/media/')) ranges.push(r.headers()['range']);
    });
    page.on('requestfinished', (r) => r.headers()['range'] && arrived.add(r.headers()['range']));
    let held = net.holdUploads(BYTES / 2); // else it could be over before the network is away
    await begin(page, 'up');
    await held;
    await tunnel(page, net);
    expect(offsets.length).toBeGreaterThan(1);
    expect(offsets.at(-1), 'it went on from what the gateway had').toBeGreaterThan(0);

    await page.evaluate(() => ((window as any).id = (window as any).moved.mediaId));
    arrived.clear();
    held = net.holdAnswers(2.5 * 1024 * 1024);
    await begin(page, 'down');
    await held;
    await expect.poll(() => arrived.size).toBeGreaterThan(0);
    const kept = [...arrived];
    await tunnel(page, net);
    for (const range of kept) expect(ranges.filter((r) => r === range), 'what was there is not asked for again').toHaveLength(1);
    expect(await page.evaluate(async () => {
      const { moved, data } = window as any;
      const back = new Uint8Array(await moved.arrayBuffer());
      return back.length === data.length && back.every((b, i) => b === data[i]);
    })).toBe(true);
  } finally {
    await net.end();
  }
});
