/** prepareImage, `prepare` of an upload, and placeholders. */
import type { Page } from '@playwright/test';
import { givePhotos, secret } from './support/photos.ts';
import { events, expect, failure, login, test } from './support/test.ts';

/** Prepares a photo of the page and looks at what comes of it. */
function look(page: Page, width: number, height: number, type: string, orientation: number, options: object = {}) {
  return page.evaluate(async ([width, height, type, orientation, options]) => {
    const w = window as any;
    const photo = await w.photo(width, height, type, orientation);
    const { payload, thumbnail, placeholder, ...sizes } = await w.AgoraRTM.prepareImage(photo, options);
    const { placeholderUrl } = await import(`${location.origin}/sdk/placeholder.mjs`);
    return {
      sizes, placeholder,
      before: { shown: await w.corners(photo), pixels: await w.pixels(photo), text: await w.text(photo) },
      payload: { shown: await w.corners(payload), pixels: await w.pixels(payload), text: await w.text(payload), type: payload.type, size: payload.size },
      thumbnail: thumbnail && { shown: await w.corners(thumbnail), type: thumbnail.type, size: thumbnail.size },
      placed: await w.corners(await (await fetch(placeholderUrl(placeholder))).blob()),
    };
  }, [width, height, type, orientation, options] as const);
}

/** What a photo that is stored lying on its side shows. */
const turned = 'blue red yellow lime';

async function photosOf(open: () => Promise<Page>): Promise<Page> {
  const page = await open();
  await givePhotos(page);
  return page;
}

const ways: Record<string, (page: Page) => Promise<unknown>> = {
  'in a worker: the page itself has no canvas left': (page) => page.evaluate(() => {
    (window as any).OffscreenCanvas = class { constructor() { throw new Error('no canvas on the page'); } };
  }),
  'on the page, where there are no workers': (page) => page.evaluate(() => {
    (window as any).Worker = undefined;
  }),
  'on the page, where workers do not start': (page) => page.evaluate(() => {
    (window as any).Worker = class extends EventTarget {
      onerror?: (event: Event) => void;
      constructor() {
        super();
        setTimeout(() => this.onerror?.(new Event('error', { cancelable: true })), 20);
      }
      postMessage() {}
      terminate() {}
    };
  }),
  'on the page, with its own canvas': (page) => page.evaluate(() => {
    (window as any).Worker = undefined;
    (window as any).OffscreenCanvas = undefined;
  }),
};

for (const [name, change] of Object.entries(ways))
  test(`a photo is prepared ${name} @everywhere`, async ({ openPage }) => {
    const page = await photosOf(openPage);
    await change(page);
    const got = await look(page, 900, 600, 'image/jpeg', 6);
    expect(got.before.shown).toBe(turned);
    expect(got.before.text).toContain(secret);
    expect(got.payload).toMatchObject({ shown: turned, pixels: got.before.pixels, type: 'image/jpeg' });
    expect(got.payload.text).not.toContain(secret);
    expect(got.thumbnail).toMatchObject({ shown: turned, type: 'image/jpeg' });
    expect(got.thumbnail.size).toBeLessThan(32_768 - 64);
    expect(got.sizes).toEqual({ width: 600, height: 900, thumbnailWidth: 213, thumbnailHeight: 320 });
    expect(got.placeholder).toMatch(/^[\w+/]{24,40}=*$/);
    expect(got.placed).toBe(turned);
  });

test('the page\'s policy decides where, and is named where it allows nothing @everywhere', async ({ newPage, gateway, site }) => {
  const outcomes: Record<string, string> = {};
  for (const allowed of ['worker-src blob:', "worker-src 'none'; script-src-elem blob: *", "worker-src 'none'"]) {
    const page = await newPage();
    const policy = `default-src 'none'; script-src ${gateway.url} 'unsafe-inline' 'unsafe-eval'; connect-src ${gateway.url}; img-src blob:; ${allowed}`;
    site.pages.set('/strict.html', { body: `<!doctype html><meta charset="utf-8"><script src="${gateway.url}/sdk/rtm.js"></script>`, headers: { 'content-security-policy': policy } });
    await page.goto(`${site.url}/strict.html`);
    await givePhotos(page);
    outcomes[allowed] = await page.evaluate(async () => {
      const w = window as any;
      const photo = await w.photo(900, 600, 'image/jpeg', 6);
      const { payload, thumbnail } = await w.AgoraRTM.prepareImage(photo).catch((e: any) => ({ payload: e }));
      return payload instanceof Error ? `${payload.name} ${payload.message}` : `${await w.corners(payload)}, ${await w.corners(thumbnail)}`;
    });
  }
  const done = `${turned}, ${turned}`;
  const refused = /^RtmUnavailableError .*there is no worker with a canvas \(.+\), and the Content-Security-Policy forbids .* add blob: to its worker-src/;
  expect(outcomes['worker-src blob:']).toBe(done);
  expect(outcomes["worker-src 'none'; script-src-elem blob: *"]).toBe(done);
  expect(outcomes["worker-src 'none'"]).toMatch(refused);
});

test('pictures are drawn smaller if asked for, and transparency stays @everywhere', async ({ openPage }) => {
  const page = await photosOf(openPage);
  const jpeg = await look(page, 900, 600, 'image/jpeg', 6, { maxSide: 300, quality: 0.7 });
  expect(jpeg.payload).toMatchObject({ shown: turned, type: 'image/jpeg' });
  expect(jpeg.payload.text).not.toContain(secret);
  expect(jpeg.sizes).toMatchObject({ width: 200, height: 300 });

  const png = await look(page, 400, 400, 'image/png', 1);
  expect(png.payload).toMatchObject({ shown: 'red lime blue yellow', pixels: png.before.pixels, type: 'image/png' });
  expect(png.payload.text).not.toContain(secret);

  for (const options of [{}, { maxSide: 200 }]) {
    const { payload, thumbnail, sizes, placed } = await look(page, 400, 400, 'transparent', 1, options);
    expect([payload.shown, thumbnail.shown, placed]).toEqual(Array(3).fill('red lime none yellow'));
    expect(payload.text).not.toContain(secret);
    expect(sizes.width).toBe('maxSide' in options ? 200 : 400);
    expect(thumbnail.size).toBeLessThan(32_768 - 64);
  }

  const kept = await look(page, 100, 100, 'image/jpeg', 1, { stripMetadata: false, thumbnail: false });
  expect(kept.payload.text).toBe(kept.before.text);
  expect(kept.sizes).toEqual({ width: 100, height: 100 });
  expect(kept.thumbnail).toBeUndefined();
});

test('a picture that moves stays as it is @everywhere', async ({ openPage }) => {
  const page = await photosOf(openPage);
  const gif = 'R0lGODlhAQABAPAAAP8AAAAAACH/C05FVFNDQVBFMi4wAwEAAAAh+QQACgAAACwAAAAAAQABAAACAkQBACH5BAAKAAAALAAAAAABAAEAAAICRAEAOw==';
  const same = await page.evaluate(async (gif) => {
    const file = new Blob([Uint8Array.from(atob(gif), (c) => c.charCodeAt(0))]);
    const { payload, width, thumbnail } = await (window as any).AgoraRTM.prepareImage(file, { maxSide: 1, quality: 0.1 });
    return [payload === file, width, thumbnail.size > 0];
  }, gif);
  expect(same).toEqual([true, 1, true]);
});

test('an upload prepares its picture, and what the application gives stays @everywhere', async ({ openUser, run }) => {
  const ada = await photosOf(() => openUser(`a-${run}`));
  const bob = await openUser(`b-${run}`);
  const sent = await ada.evaluate(async (bob) => {
    const w = window as any;
    const photo = await w.photo(900, 600, 'image/jpeg', 6);
    const message = await w.client.createMediaMessageByUploading(photo, { prepare: true, fileName: 'a.jpg', description: 'd'.repeat(20_000) });
    await w.client.sendMessageToPeer(message, bob);
    const own = new Blob(['own']);
    const second = await w.client.createMediaMessageByUploading(photo, { messageType: 'IMAGE', prepare: { maxSide: 90 }, thumbnail: own, height: 5, width: undefined });
    const stored = await w.client.downloadMedia(message.mediaId);
    return {
      keys: Object.keys(message), smaller: message.size < photo.size, stored: await w.text(stored), shown: await w.corners(stored),
      second: { ...second, mediaId: 0, thumbnail: second.thumbnail === own, size: 0 },
    };
  }, `b-${run}`);
  expect(sent.keys).toEqual(['height', 'width', 'fileName', 'size', 'description', 'thumbnail', 'messageType', 'thumbnailWidth', 'thumbnailHeight', 'mediaId']);
  expect([sent.smaller, sent.shown]).toEqual([true, turned]);
  expect(sent.stored).not.toContain(secret);
  expect(sent.second).toEqual({ height: 5, width: 60, fileName: '', size: 0, description: '', thumbnail: true, messageType: 'IMAGE', thumbnailWidth: 0, thumbnailHeight: 0, mediaId: 0 });
  await expect.poll(() => events(bob, 'MessageFromPeer')).toMatchObject([[{ messageType: 'IMAGE', width: 600, height: 900, thumbnailWidth: 213, thumbnailHeight: 320 }, `a-${run}`, {}]]);
});

test('what is no picture is refused with what to do, and can be sent as a file @everywhere', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const cases: [file: string, text: string][] = [
    ["'\\0\\0\\0 ftypheic\\0\\0\\0\\0mif1heic'", 'this browser does not decode HEIC pictures'],
    ["new Uint8Array([255, 216, 255, 224, 0, 16])", 'the JPEG picture is broken; it can be sent with messageType FILE'],
    ["'text'", 'the file is not a picture; it can be sent with messageType FILE'],
    ["''", 'the file is not a picture'],
    [`'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"/>'`, 'does not decode SVG pictures'],
  ];
  for (const [file, text] of cases)
    for (const call of [`AgoraRTM.prepareImage(new Blob([${file}]))`, `client.createMediaMessageByUploading(new Blob([${file}]), { prepare: true })`])
      expect(await failure(page, `return ${call}`)).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2, message: expect.stringContaining(text) });
  expect(await page.evaluate(async () => (await (window as any).client.createMediaMessageByUploading(new Blob(['text']), { messageType: 'FILE' })).size)).toBe(4);
  expect(await failure(page, `return client.createMediaMessageByUploading(new Blob(['x']), { messageType: 'FILE', prepare: true })`)).toMatchObject({ code: 2, message: expect.stringContaining('prepare is for messageType IMAGE only') });
});

test('more pictures than two wait for their turn, and a canceled one makes room @everywhere', async ({ openPage }) => {
  const page = await photosOf(openPage);
  const { widths, canceled } = await page.evaluate(async () => {
    const w = window as any;
    const photos = await Promise.all([10, 20, 30, 40, 50, 60, 70].map((n) => w.photo(n, 10, 'image/jpeg')));
    const controller = new AbortController();
    const all = photos.map((photo, i) => w.AgoraRTM.prepareImage(photo, i === 3 || i === 0 ? { signal: controller.signal } : {}).then((made: any) => made.width, (error: any) => error.name));
    controller.abort();
    const out = await Promise.all(all);
    return { widths: out.filter((n) => typeof n === 'number'), canceled: out.filter((n) => n === 'RtmInterruptedError').length };
  });
  expect(widths).toEqual([20, 30, 50, 60, 70]);
  expect(canceled).toBe(2);
});

test('a page that can draw nothing says so', async ({ openPage }) => {
  const page = await photosOf(openPage);
  await page.evaluate(() => Object.assign(window, { Worker: undefined, createImageBitmap: undefined }));
  expect(await failure(page, `return AgoraRTM.prepareImage(await window.photo(9, 9, 'image/jpeg'))`)).toMatchObject({ name: 'RtmUnavailableError', code: 1, message: expect.stringContaining('createImageBitmap') });
});

test('a browser that never answers is given up after 30 s', async ({ openPage }) => {
  const page = await photosOf(openPage);
  await page.evaluate(() => ((window as any).Worker = class { postMessage() {} terminate() {} }));
  expect(await failure(page, `return AgoraRTM.prepareImage(await window.photo(9, 9, 'image/jpeg'))`)).toMatchObject({ name: 'RtmTimeoutError', code: 3 });
});

test('preparing ends with its signal @everywhere', async ({ openPage, run }) => {
  const page = await photosOf(openPage);
  await login(page, `a-${run}`);
  const interrupted = { name: 'RtmInterruptedError', code: 6 };
  const start = `const controller = new AbortController(); const photo = await window.photo(900, 600, 'image/jpeg');`;
  expect(await failure(page, `${start} controller.abort(); return AgoraRTM.prepareImage(photo, { signal: controller.signal })`)).toMatchObject(interrupted);
  expect(await failure(page, `${start} setTimeout(() => controller.abort()); return AgoraRTM.prepareImage(photo, { signal: controller.signal })`)).toMatchObject(interrupted);
  expect(await failure(page, `${start} setTimeout(() => controller.abort()); return client.createMediaMessageByUploading(photo, { prepare: true }, { cancelSignal: controller.signal })`)).toMatchObject(interrupted);
  expect(await failure(page, `${start} return AgoraRTM.prepareImage(photo, { signal: {} })`)).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
  for (const options of ['{ maxSide: 0 }', "{ maxSide: '9' }", '{ quality: 2 }', '{ quality: NaN }', "{ fileName: 'ä'.repeat(16000) }"])
    expect(await failure(page, `${start} return AgoraRTM.prepareImage(photo, ${options})`)).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
  const again = await page.evaluate(async () => (await (window as any).AgoraRTM.prepareImage(await (window as any).photo(90, 60, 'image/jpeg'))).width);
  expect(again).toBe(90);
});
