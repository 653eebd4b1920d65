/** Media in a bucket: with --media-redirect pages download from the object store itself, verified. */
import { startBucket, type Bucket } from './support/bucket.ts';
import { Gateway } from './support/proc.ts';
import { expect, login, openBlank, test } from './support/test.ts';

let bucket: Bucket;
let gateway: Gateway;

test.beforeAll(async () => {
  bucket = await startBucket();
  gateway = await new Gateway(['--media', bucket.media, '--media-redirect']).start();
});

test.afterAll(async () => {
  await gateway?.stop();
  await bucket?.end();
});

for (const origin of ['of the gateway', 'of another origin']) {
  test(`a page ${origin} downloads from the bucket @everywhere`, async ({ newPage, site, run }) => {
    site.pages.set('/bucket.html', { body: `<!doctype html><script src="${gateway.url}/sdk/rtm.js"></script>` });
    const page = await newPage();
    if (origin === 'of the gateway') await openBlank(page, gateway.url);
    else await page.goto(`${site.url}/bucket.html`);
    await login(page, `a-${run}`);
    for (const size of [100, 3_000_000]) {
      await bucket.downloads();
      const same = await page.evaluate(async (size) => {
        const { client } = window as any;
        const content = new Uint8Array(size).map((_, i) => i * 7 + (i >> 8));
        const { mediaId } = await client.createMediaMessageByUploading(new Blob([content]), { messageType: 'FILE' });
        const got = new Uint8Array(await (await client.downloadMedia(mediaId)).arrayBuffer());
        return got.length === size && got.every((byte, i) => byte === content[i]);
      }, size);
      expect(same).toBe(true);
      expect(await bucket.downloads()).toBeGreaterThan(0);
    }
  });
}
