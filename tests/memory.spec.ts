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
  const page = await openPage();
  await watchMemory(page);
  await login(page, `a-${run}`);
  const small = await transferNine(page, 1 << 20);
  const large = await transferNine(page, 30 << 20);
  expect(small).toBeGreaterThan(1 << 20);
  expect(large, `${small} bytes after nine of 1 MiB`).toBeLessThanOrEqual(small + (1 << 20));
  expect(large).toBeLessThanOrEqual(8 << 20);
});
