// Media bytes stay out of wasm memory: what a page's Go program holds does not depend on
// the size of what it transfers.
import type { Page } from '@playwright/test';
import { test, expect, login } from './support/test.ts';

/** Keeps the memory of every Go program that the page starts in window.memories. */
async function watchMemory(page: Page): Promise<void> {
  await page.evaluate(() => {
    const w = window as any;
    w.memories = [];
    const instantiate = WebAssembly.instantiate;
    WebAssembly.instantiate = (async (...args: any[]) => {
      const result: any = await (instantiate as any)(...args);
      w.memories.push((result.instance ?? result).exports.mem);
      return result;
    }) as any;
  });
}

/** Sends and fetches nine files at a time; gives the size of wasm memory afterwards, in bytes. */
function transferNine(page: Page, bytes: number): Promise<number> {
  return page.evaluate(async (bytes) => {
    const { client, memories } = window as any;
    const blobs = Array.from({ length: 9 }, (_, i) => new Blob([new Uint8Array(bytes).fill(i)]));
    const sent = await Promise.all(blobs.map((b) => client.createMediaMessageByUploading(b)));
    const back = await Promise.all(sent.map((m: any) => client.downloadMedia(m.mediaId)));
    for (const b of back) if (b.size !== bytes) throw new Error('short download');
    return memories.at(-1).buffer.byteLength;
  }, bytes);
}

test('wasm memory after nine transfers of 30 MiB is that after nine of 1 MiB', async ({ openPage, run }) => {
  test.setTimeout(180_000);
  const after = [];
  for (const bytes of [1 << 20, 30 << 20]) {
    const page = await openPage();
    await watchMemory(page);
    await login(page, `a-${run}-${bytes}`);
    after.push(await transferNine(page, bytes));
    await page.close();
  }
  const [small, large] = after as [number, number];
  expect(small).toBeGreaterThan(1 << 20);
  expect(large, `${small} bytes after nine of 1 MiB`).toBeLessThanOrEqual(small + (1 << 19)); // as much as it grows by at a time
  expect(large).toBeLessThanOrEqual(8 << 20);
});

/** Keeps a weak reference of each Blob that `method` of `type` gives or is called on, in globalThis.refs. */
const watchBlobs = ([type, method]: string[]) => {
  const w = globalThis as any;
  w.refs = [];
  const { prototype } = w[type!];
  const original = prototype[method!];
  prototype[method!] = function (...args: any[]) {
    const result = original.apply(this, args);
    if (type === 'Blob') w.refs.push(new WeakRef(this));
    else void result.then((blob: Blob) => w.refs.push(new WeakRef(blob)));
    return result;
  };
};

const living = () => (globalThis as any).refs.filter((ref: WeakRef<Blob>) => ref.deref()).length;

test('neither the program nor its worker keeps what was moved', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  await page.evaluate(watchBlobs, ['Response', 'blob']);
  const started = page.waitForEvent('worker');
  const download = (files: number) =>
    page.evaluate(async (files) => {
      const { client } = window as any;
      const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(10 << 20)]));
      for (let i = 0; i < files; i++) await client.downloadMedia(mediaId);
      return (window as any).refs.length;
    }, files);
  const early = await download(1);
  const worker = await started;
  await worker.evaluate(watchBlobs, ['Blob', 'stream']);

  expect(await download(60)).toBeGreaterThan(early);
  await expect.poll(() => page.evaluate(() => (window as any).gc({ execution: 'async', type: 'major' })).then(() => page.evaluate(living))).toBeLessThanOrEqual(2); // the last file's
  expect(await worker.evaluate(() => (globalThis as any).refs.length)).toBeGreaterThanOrEqual(60);
  expect(await worker.evaluate(living), 'without a word to its garbage collector').toBeLessThan(30);
});
