import { test, expect, failure, login, openBlank, appId } from './support/test.ts';
import { Gateway } from './support/proc.ts';
import { png } from './support/pictures.ts';
import { slow } from './support/slow.ts';

const MiB = 1 << 20;

test('progress begins with 0, never falls, and ends with the total before the promise settles', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const out = await a.evaluate(async () => {
    const client = (window as any).client;
    const runs: Record<string, number[]> = {};
    const handler = (name: string) => {
      runs[name] = [];
      return { onOperationProgress: (p: any) => runs[name].push(p.currentSize, p.totalSize) };
    };
    const sizes = [1, 100_000, 30 << 20];
    for (const size of sizes) {
      const m = await client.createMediaMessageByUploading(new Blob([new Uint8Array(size)]), { messageType: 'FILE' }, handler(`up ${size}`));
      await client.downloadMedia(m.mediaId, handler(`down ${size}`));
    }
    return runs;
  });
  for (const [name, numbers] of Object.entries(out)) {
    const total = Number(name.split(' ')[1]);
    const current = numbers.filter((_, i) => i % 2 === 0);
    expect(numbers.filter((_, i) => i % 2 === 1).every((t) => t === total), name).toBe(true);
    expect(current[0], name).toBe(0);
    expect(current.at(-1), name).toBe(total);
    expect(current.filter((n) => n === total).length, name).toBe(1);
    expect([...current].sort((x, y) => x - y), name).toEqual(current);
  }
});

test('a small file costs one request each way', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const requests: string[] = [];
  a.on('request', (r) => r.url().includes('/media/') && requests.push(r.method()));
  await a.evaluate(async () => {
    const client = (window as any).client;
    const { mediaId } = await client.createMediaMessageByUploading(new Blob([new Uint8Array(100 << 10)]), { messageType: 'FILE' });
    await client.downloadMedia(mediaId);
  });
  expect(requests).toEqual(['POST', 'GET']);
});

test('limits of size', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const table: [string, string, number][] = [
    [`new Uint8Array(3)`, 'RtmInvalidArgumentError', 2],
    [`new Blob([])`, 'RtmInvalidArgumentError', 2],
    [`new Blob([new Uint8Array(${30 * MiB} + 1)])`, 'RtmLimitExceededError', 4],
  ];
  for (const [payload, name, code] of table)
    expect(await failure(a, `await client.createMediaMessageByUploading(${payload}, { messageType: 'FILE' })`), payload).toMatchObject({ name, code });
  const params: string[] = [`null`, `{ messageType: 'FILE', width: 1 }`, `{ messageType: 'IMAGE', width: '1' }`, `{ fileName: 7 }`, `{ thumbnail: null }`, `{ messageType: 7 }`];
  for (const p of params)
    expect(await failure(a, `await client.createMediaMessageByUploading(new Blob(['x']), ${p})`), p).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
  for (const id of [`7`, `''`, `'junk'`, `'0' + 'ab'.repeat(32) + '1z1z0'`])
    expect(await failure(a, `await client.downloadMedia(${id})`), id).toMatchObject({ name: 'RtmInvalidArgumentError', code: 2 });
  expect(await failure(a, `await client.downloadMedia('0' + 'ab'.repeat(32) + '7z1z100000')`), 'an id of the vendor').toMatchObject({ name: 'RtmUnavailableError', code: 4 });
  expect(await failure(a, `const c = AgoraRTM.createInstance('${appId}'); await c.createMediaMessageByUploading(new Blob(['x']))`)).toMatchObject({ name: 'RtmInvalidStatusError', code: 102 });
});

test('pictures are measured, given dimensions win one by one, junk is 0 × 0', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const out = await a.evaluate(async (base64) => {
    const client = (window as any).client;
    const picture = await (await fetch(`data:image/png;base64,${base64}`)).blob();
    const jpeg = await new Promise<Blob>((resolve) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [33, 22];
      canvas.toBlob((b) => resolve(b!), 'image/jpeg');
    });
    const dims = async (blob: Blob, params: object) => {
      const m = await client.createMediaMessageByUploading(blob, { messageType: 'IMAGE', ...params });
      return [m.width, m.height, m.thumbnailWidth, m.thumbnailHeight];
    };
    return {
      measured: await dims(picture, { thumbnail: jpeg }),
      overridden: await dims(picture, { height: 5, thumbnail: jpeg, thumbnailWidth: 9 }),
      junk: await dims(new Blob(['not a picture']), { thumbnail: jpeg }),
      inferred: (await client.createMediaMessageByUploading(picture, { width: 1 })).messageType,
      file: (await client.createMediaMessageByUploading(picture)).messageType,
    };
  }, png(120, 80).toString('base64'));
  expect(out).toEqual({ measured: [120, 80, 33, 22], overridden: [120, 5, 9, 22], junk: [0, 0, 33, 22], inferred: 'IMAGE', file: 'FILE' });
});

test('nine tasks; the tenth is refused inside the call; a cancelled one frees its place and the next starts', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const cdp = await a.context().newCDPSession(a);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 3_000_000 });
  const out = await a.evaluate(async () => {
    const client = (window as any).client;
    const blob = new Blob([new Uint8Array(12 << 20)]);
    const controllers = Array.from({ length: 9 }, () => new AbortController());
    const states = Array.from({ length: 9 }, () => 'queued');
    const tasks = controllers.map((c, i) =>
      client
        .createMediaMessageByUploading(blob, {}, { cancelSignal: c.signal, onOperationProgress: () => (states[i] = 'running') })
        .then(() => 'done', (e: any) => `${e.name} ${e.code}`));
    const tenth = await client.createMediaMessageByUploading(blob).catch((e: any) => `${e.name} ${e.code}`);
    const download = await client.downloadMedia('0' + 'ab'.repeat(32) + '1z1z10').catch((e: any) => `${e.name} ${e.code}`);
    while (!states.includes('running')) await new Promise((r) => setTimeout(r, 20));
    const first = [...states];
    const queued = first.lastIndexOf('queued');
    controllers[queued].abort(); // while queued
    const queuedResult = await tasks[queued];
    const running = first.indexOf('running');
    controllers[running].abort(); // while running
    const runningResult = await tasks[running];
    const aborted = new AbortController();
    aborted.abort();
    const before = await client.createMediaMessageByUploading(blob, {}, { cancelSignal: aborted.signal }).catch((e: any) => `${e.name} ${e.code}`);
    while (states.filter((s) => s === 'running').length <= first.filter((s) => s === 'running').length) await new Promise((r) => setTimeout(r, 20));
    client.logoutSync();
    return { tenth, download, queuedResult, runningResult, before, rest: await Promise.all(tasks) };
  });
  expect(out).toMatchObject({
    tenth: 'RtmLimitExceededError 5', download: 'RtmLimitExceededError 5',
    queuedResult: 'RtmInterruptedError 6', runningResult: 'RtmInterruptedError 6', before: 'RtmInterruptedError 6',
  });
  expect(new Set(out.rest)).toEqual(new Set(['RtmInterruptedError 6']));
});

test('a cancelled upload leaves nothing at the gateway', async ({ openUser, run, gateway }) => {
  const a = await openUser(`a-${run}`);
  const requests: string[] = [];
  a.on('request', (r) => requests.push(`${r.method()} ${new URL(r.url()).pathname}`));
  let authorization = '';
  a.on('request', (r) => (authorization = r.headers()['authorization'] ?? authorization));
  const cdp = await a.context().newCDPSession(a);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 3_000_000 });
  await a.evaluate(async () => {
    const c = new AbortController();
    const p = (window as any).client.createMediaMessageByUploading(new Blob([new Uint8Array(25 << 20)]), {}, {
      cancelSignal: c.signal,
      onOperationProgress: (p: any) => p.currentSize > 5 << 20 && c.abort(),
    });
    await p.catch(() => {});
  });
  await expect.poll(() => requests.some((r) => r.startsWith('DELETE'))).toBe(true);
  const path = requests.find((r) => r.startsWith('DELETE'))!.split(' ')[1];
  await expect.poll(async () => (await fetch(gateway.url + path, { method: 'HEAD', headers: { authorization, 'tus-resumable': '1.0.0' } })).status).toBe(404);
});

test('media expires', async ({ context }) => {
  const gateway = await new Gateway(['--media-max-age', '20s']).start(); // time enough to download it before
  try {
    const page = await context.newPage();
    await openBlank(page, gateway.url);
    await login(page, 'a');
    const { id, text } = await page.evaluate(async () => {
      const { client } = window as any;
      const id = (await client.createMediaMessageByUploading(new Blob(['short-lived']))).mediaId;
      return { id, text: await (await client.downloadMedia(id)).text() };
    });
    expect(text).toBe('short-lived');
    await expect(async () => {
      expect(await failure(page, `await client.downloadMedia('${id}')`)).toMatchObject({ name: 'RtmUnavailableError', code: 4 });
    }).toPass();
  } finally {
    await gateway.stop();
  }
});

test('media survives a killed gateway, and an upload under way goes on', { tag: '@everywhere' }, async ({ newPage }) => {
  const gateway = await new Gateway().start();
  const net = await slow(gateway.url, 6_000_000);
  try {
    const page = await openBlank(await newPage(), net.url);
    await login(page, 'a');
    const held = net.holdUploads(8 * MiB); // else it could be over before the gateway is killed
    await page.evaluate(async () => {
      const w = window as any;
      w.stored = (await w.client.createMediaMessageByUploading(new Blob(['kept']))).mediaId;
      w.data = new Uint8Array(20 << 20).map((_, i) => (i * 2654435761) >>> 13);
      w.progress = [];
      w.upload = w.client.createMediaMessageByUploading(new Blob([w.data]), {}, { onOperationProgress: (p: any) => w.progress.push(p.currentSize) });
    });
    await held;
    await expect.poll(() => page.evaluate(() => (window as any).progress.at(-1))).toBeGreaterThan(6 << 20);
    await gateway.kill();
    net.release();
    await expect.poll(() => page.evaluate(() => (window as any).client.connectionState)).toBe('RECONNECTING');
    await gateway.start();
    const out = await page.evaluate(async () => {
      const w = window as any;
      const message = await w.upload;
      const kept = await (await w.client.downloadMedia(w.stored)).text();
      const back = new Uint8Array(await (await w.client.downloadMedia(message.mediaId)).arrayBuffer());
      return { kept, length: back.length, same: back.every((b, i) => b === w.data[i]), progress: w.progress };
    });
    expect(out).toMatchObject({ kept: 'kept', length: 20 * MiB, same: true });
    expect([...out.progress].sort((x: number, y: number) => x - y)).toEqual(out.progress);
    expect(out.progress.filter((n: number) => n === 0)).toHaveLength(1);
  } finally {
    await net.end();
    await gateway.stop();
  }
});
