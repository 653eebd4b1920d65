/** URLs of media in elements of real pages: they send no header, ask for ranges, and have the browser's cache. */
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { film } from './support/film.ts';
import { Front } from './support/front.ts';
import { png } from './support/pictures.ts';
import { Gateway } from './support/proc.ts';
import { expect, failure, login, openBlank, test } from './support/test.ts';
import { wav } from './support/sound.ts';

/** Uploads bytes, and gives the mediaId. */
function upload(page: Page, bytes: Buffer): Promise<string> {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return (await (window as any).client.createMediaMessageByUploading(new Blob([bytes]))).mediaId;
  }, bytes.toString('base64'));
}

/** A URL of media, asked for by a page. */
function urlOf(page: Page, mediaId: string, options: object = {}): Promise<string> {
  return page.evaluate(([id, options]) => (window as any).client.getMediaUrl(id, options), [mediaId, options] as const);
}

/** The width of a picture as the page shows it; "error" where it shows none. */
function shown(page: Page, url: string): Promise<number | string> {
  return page.evaluate((src) => new Promise<number | string>((resolve) => {
    const img = new Image();
    img.onload = () => resolve(img.naturalWidth);
    img.onerror = () => resolve('error');
    img.src = src;
    document.body.append(img);
  }), url);
}

/** How many downloads the gateway has answered. */
async function downloads(gateway: Gateway): Promise<number> {
  const [, address] = /metrics" address=(\S+)|msg=metrics address=(\S+)/.exec(gateway.log())!.filter(Boolean);
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return Number(/^rtm_media_requests_total\{direction="download",result="done"\} (\d+)/m.exec(text)![1]);
}

for (const origin of ['same origin', 'cross origin'] as const) {
  test(`a picture shows, ${origin} @everywhere`, async ({ openUser, gateway, run }) => {
    const page = await openUser(`a-${run}`, origin);
    const id = await upload(page, png(31, 17));
    const url = await urlOf(page, id);
    expect(url.startsWith(`${gateway.url}/media/`)).toBe(true);
    expect(await shown(page, url)).toBe(31);
    expect(await shown(page, url.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))), 'changed').toBe('error');
    expect(await shown(page, url.replace(/exp=\d+/, 'exp=9999999999')), 'prolonged').toBe('error');
  });
}

test('a picture shows in a page that is isolated and has a policy @everywhere', async ({ newPage, gateway, site, run }) => {
  site.pages.set('/isolated.html', {
    body: `<!doctype html><body><script src="${gateway.url}/sdk/rtm.js"></script>`,
    headers: {
      'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': `default-src 'none'; script-src ${gateway.url} 'wasm-unsafe-eval'; connect-src ${gateway.url} ${gateway.url.replace('http', 'ws')}; img-src ${gateway.url}`,
    },
  });
  const page = await newPage();
  await page.goto(`${site.url}/isolated.html`);
  await login(page, `a-${run}`);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(await shown(page, await urlOf(page, await upload(page, png(33, 5))))).toBe(33);
});

test('sound plays from the middle, by ranges @everywhere', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`, 'cross origin');
  const url = await urlOf(page, await upload(page, wav(60)));
  const heard = await page.evaluate((src) => new Promise<string>((resolve) => {
    const audio = Object.assign(new Audio(), { src, muted: true, preload: 'metadata' });
    document.body.append(audio);
    audio.onerror = () => resolve(`error ${audio.error?.code} ${audio.error?.message}`);
    audio.onloadedmetadata = () => (audio.currentTime = 50);
    audio.onseeked = () => resolve(`${Math.round(audio.duration)} s, at ${Math.round(audio.currentTime)} s, to ${Math.round(audio.seekable.end(0))} s`);
    audio.load();
  }), url);
  expect(heard).toBe('60 s, at 50 s, to 60 s');
});

test('a film shows @everywhere', async ({ openUser, engine, run }) => {
  test.skip(engine === 'webkit', 'WebKitGTK records no WebM here');
  const page = await openUser(`a-${run}`);
  const film = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
    const pen = canvas.getContext('2d')!;
    const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => data.size && parts.push(data);
    recorder.start(50);
    for (let i = 0; parts.length < 3; i++) {
      pen.fillStyle = i % 2 ? 'red' : 'blue';
      pen.fillRect(0, 0, 64, 48);
      await new Promise(requestAnimationFrame);
    }
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await stopped;
    const message = await (window as any).client.createMediaMessageByUploading(new Blob(parts));
    const video = Object.assign(document.createElement('video'), { muted: true, src: await (window as any).client.getMediaUrl(message.mediaId) });
    document.body.append(video);
    return new Promise<string>((resolve) => {
      video.onloadeddata = () => resolve(`${video.videoWidth} x ${video.videoHeight}`);
      video.onerror = () => resolve(`error ${video.error?.code} ${video.error?.message}`);
    });
  });
  expect(film).toBe('64 x 48');
});

test('a film is played from its middle, by a range @everywhere', async ({ newPage, engine, net, run }) => {
  const bytes = film(120, 5, 64 << 10);
  const front = await new Front().start();
  front.mount('/', { upstream: net.url }).mount('/film.webm', { bytes, type: 'video/webm' });
  const ranges: number[] = [];
  front.before = (req) => {
    const [, first] = /^bytes=(\d+)-/.exec(req.headers.range ?? '') ?? [];
    if (req.method === 'GET' && req.url!.startsWith('/media/') && first) ranges.push(Number(first));
    return false;
  };
  try {
    const page = await openBlank(await newPage(), front.url);
    await login(page, `a-${run}`);
    const played = await page.evaluate(async () => {
      const { client } = window as any;
      const video = Object.assign(document.createElement('video'), { muted: true, preload: 'metadata' });
      if (!video.canPlayType('video/webm; codecs="vp8"')) return undefined;
      const blob = await (await fetch('/film.webm')).blob();
      const { mediaId } = await client.createMediaMessageByUploading(blob);
      video.src = await client.getMediaUrl(mediaId);
      document.body.append(video);
      const next = (event: string) => new Promise<void>((resolve, reject) => {
        video.addEventListener(event, () => resolve(), { once: true });
        video.addEventListener('error', () => reject(new Error(`${video.error?.code} ${video.error?.message}`)), { once: true });
      });
      await next('loadedmetadata');
      const seekable = [video.seekable.start(0), Math.round(video.seekable.end(0))];
      video.currentTime = 501;
      await next('seeked');
      return { duration: Math.round(video.duration), seekable, at: Math.round(video.currentTime) };
    });
    test.skip(!played, 'this browser plays no VP8');
    expect(played).toEqual({ duration: 600, seekable: [0, 600], at: 501 });
    expect(Math.max(...ranges), 'asked for from where it is').toBeGreaterThan(bytes.length * 0.7);
    expect(Math.max(...ranges)).toBeLessThan(bytes.length);
    if (engine === 'webkit') return; // it paints no frame of a film at rest on a canvas
    const isBlue = () => page.evaluate(() => {
      const pen = Object.assign(document.createElement('canvas'), { width: 64, height: 48 }).getContext('2d')!;
      pen.drawImage(document.querySelector('video')!, 0, 0);
      const [red, , blue] = pen.getImageData(30, 20, 1, 1).data;
      return blue > 100 && red < 100;
    });
    await expect.poll(isBlue, 'it shows the second half').toBe(true);
  } finally {
    await front.stop();
  }
});

test('a link saves the file under its name @everywhere', async ({ openUser, engine, run }) => {
  test.skip(engine === 'webkit', 'its driver does not tell what is saved');
  const page = await openUser(`a-${run}`, 'cross origin');
  const url = await urlOf(page, await upload(page, Buffer.from('the file')), { download: 'Übersicht "1".txt' });
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate((href) => {
      const link = Object.assign(document.createElement('a'), { href, download: '' });
      document.body.append(link);
      link.click();
    }, url),
  ]);
  expect(saved.suggestedFilename()).toMatch(/^Übersicht .1.\.txt$/);
  expect(readFileSync(await saved.path(), 'utf8')).toBe('the file');
});

test('what is shown again comes from the browser\'s cache @everywhere', async ({ newPage, run }) => {
  const gateway = await new Gateway(['--metrics', '127.0.0.1:0']).start();
  try {
    const page = await openBlank(await newPage(), gateway.url);
    await login(page, `a-${run}`);
    const url = await urlOf(page, await upload(page, png(31, 17)));
    const before = await downloads(gateway);
    expect(await shown(page, url)).toBe(31);
    await page.goto(`${gateway.url}/healthz`); // another page: no picture of the former is at hand
    expect(await shown(page, url)).toBe(31);
    await expect.poll(async () => await downloads(gateway) - before, 'counted when all is sent').toBe(1);
  } finally {
    await gateway.stop();
  }
});

test('a URL is expired after its time @everywhere', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const url = await urlOf(page, await upload(page, png(31, 17)), { expiresIn: 1 });
  await expect.poll(async () => (await fetch(url)).status).toBe(404);
  expect(await shown(page, url)).toBe('error');
});

test('what can not be is refused @everywhere', async ({ openUser, run }) => {
  const page = await openUser(`a-${run}`);
  const unknown = '0' + 'ab'.repeat(32) + '1z1z10';
  expect(await failure(page, `await client.getMediaUrl('${unknown}')`)).toMatchObject({ name: 'RtmUnavailableError', code: 4 });
  for (const [options, field] of [['{ expiresIn: 604801 }', 'expiresIn'], ['{ expiresIn: 1.5 }', 'expiresIn'], [`{ download: '' }`, 'download'], [`{ download: 'x'.repeat(256) }`, 'download']] as const) {
    const error = await failure(page, `await client.getMediaUrl('${unknown}', ${options})`);
    expect(error, options).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
    expect(error.message).toContain(field);
  }
});
