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
  expect(large, `${small} bytes after nine of 1 MiB`).toBeLessThanOrEqual(small + (3 << 20)); // a tenth of one file: transfers that take minutes leave more garbage between two collections
  expect(large).toBeLessThanOrEqual(8 << 20);
});

/** Keeps a weak reference of each Blob that `method` of `type` gives, is given or is called on, in globalThis.refs. */
const watchBlobs = ([type, method]: string[]) => {
  const w = globalThis as any;
  w.refs ??= [];
  const { prototype } = w[type!];
  const original = prototype[method!];
  prototype[method!] = function (...args: any[]) {
    const result = original.apply(this, args);
    for (const one of [this, ...args]) if (one instanceof Blob) w.refs.push(new WeakRef(one));
    if (type === 'Response') void result.then((blob: Blob) => w.refs.push(new WeakRef(blob)));
    return result;
  };
};

/** How many bytes there were in those Blobs, and are in those still there. */
const watched = () => {
  const refs: (Blob | undefined)[] = (globalThis as any).refs.map((ref: WeakRef<Blob>) => ref.deref());
  return { blobs: refs.length, bytes: refs.reduce((sum, blob) => sum + (blob?.size ?? 0), 0) };
};

test('neither the program nor its worker keeps what was moved', async ({ openUser, run }) => {
  const [files, bytes] = [60, 10 << 20];
  const page = await openUser(`a-${run}`);
  await page.evaluate(watchBlobs, ['Response', 'blob']);
  await page.evaluate(watchBlobs, ['XMLHttpRequest', 'send']);
  const move = (files: number) =>
    page.evaluate(async ([files, bytes]) => {
      const { client } = window as any;
      for (let i = 0; i < files!; i++) {
        const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(bytes!)]));
        await client.downloadMedia(mediaId);
      }
    }, [files, bytes]);
  const [worker] = await Promise.all([page.waitForEvent('worker'), move(1)]);
  await worker.evaluate(watchBlobs, ['Blob', 'stream']);

  for (let i = 0; i < files; i += 10) {
    await move(10);
    await page.evaluate(() => (window as any).gc({ execution: 'async', type: 'major' }));
    const moved = await page.evaluate(watched);
    expect(moved.blobs).toBeGreaterThanOrEqual(2 * i);
    expect(moved.bytes, `after ${i + 10} files`).toBeLessThanOrEqual(2 * bytes); // the last file, maybe
  }
  const hashed = await worker.evaluate(watched); // without a word to its garbage collector
  expect(hashed.blobs).toBeGreaterThanOrEqual(files / 2);
  expect(hashed.bytes).toBeLessThan((files * bytes) / 4);
});
