// What transfers through the SDK cost besides time; browser.mjs and page/ have the times.

/** How many media requests a page makes for one upload and one download of `bytes`, preflights not counted. */
export async function countRequests(page, bytes) {
  const count = { up: 0, down: 0 };
  let way = 'up';
  const heard = (r) => r.url().includes('/media/') && count[way]++;
  page.on('request', heard);
  const id = await page.evaluate(async (n) => (await window.client.createMediaMessageByUploading(new Blob([new Uint8Array(n)]))).mediaId, bytes);
  way = 'down';
  await page.evaluate(async (id) => void (await window.client.downloadMedia(id)), id);
  page.off('request', heard);
  return count;
}

/** Moves nine files of `bytes` up and down at a time; gives the size of wasm memory afterwards. */
export function memoryAfterNine(page, bytes) {
  return page.evaluate(async (bytes) => {
    const sent = await Promise.all(Array.from({ length: 9 }, (_, i) => window.client.createMediaMessageByUploading(new Blob([new Uint8Array(bytes).fill(i)]))));
    await Promise.all(sent.map((m) => window.client.downloadMedia(m.mediaId)));
    return window.memories.at(-1).buffer.byteLength;
  }, bytes);
}
