// Pages at two gateways of a NATS cluster: they meet as at one, and go on while a NATS server and a gateway are killed.
import type { Page } from '@playwright/test';
import { startCluster, type Cluster } from './support/cluster.ts';
import { Gateway } from './support/proc.ts';
import { slow } from './support/slow.ts';
import { events, expect, inOrder, join, login, openBlank, test } from './support/test.ts';

let cluster: Cluster;
let gateways: Gateway[];

test.beforeAll(async () => {
  cluster = await startCluster();
  gateways = [];
  for (let i = 0; i < 2; i++) gateways.push(await new Gateway(['--nats', cluster.urls, '--media', cluster.media]).start());
});

test.afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  await cluster.end();
});

async function enter(page: Page, url: string, uid: string): Promise<Page> {
  await openBlank(page, url);
  await login(page, uid);
  return page;
}

/** Runs in the page with its client and channel. */
const run = (page: Page, body: string) =>
  page.evaluate((body) => new Function('client', 'channel', `return (async () => { ${body} })()`)((window as any).client, (window as any).channel), body);

/** The peer messages so far: text, sender, whether it had been kept. */
const heard = async (page: Page) => (await events(page, 'MessageFromPeer')).map(([m, from, how]) => [m.text, from, how.isOfflineMessage]);

test('everything works between two gateways', async ({ newPage }) => {
  const [a, b] = [await enter(await newPage(), gateways[0].url, 'ann'), await enter(await newPage(), gateways[1].url, 'ben')];
  await join(a, 'room');
  await join(b, 'room');
  await expect.poll(() => events(a, 'MemberJoined')).toEqual([['ben']]);

  await run(a, `window.states = []; client.on('PeersOnlineStatusChanged', (s) => window.states.push(s)); await client.subscribePeersOnlineStatus(['ben', 'cleo'])`);
  await expect.poll(() => run(a, 'return window.states[0]')).toEqual({ ben: 'ONLINE', cleo: 'OFFLINE' });
  expect(await run(a, `return client.sendMessageToPeer({ text: 'hello' }, 'ben')`)).toEqual({ hasPeerReceived: true });
  await expect.poll(() => heard(b)).toEqual([['hello', 'ann', false]]);
  await run(b, `window.texts = []; channel.on('ChannelMessage', (m, from) => window.texts.push([m.text, from]))`);
  await run(a, `await channel.sendMessage({ text: 'to all' })`);
  await expect.poll(() => run(b, 'return window.texts')).toEqual([['to all', 'ann']]);

  await run(a, `await client.setLocalUserAttributes({ mood: 'fine' })`);
  expect(await run(b, `return client.getUserAttributes('ann')`)).toEqual({ mood: 'fine' });
  await run(b, `window.updates = []; channel.on('AttributesUpdated', (all) => window.updates.push(all.topic.value))`);
  await run(a, `await client.setChannelAttributes('room', { topic: 'tea' }, { enableNotificationToChannelMembers: true })`);
  await expect.poll(() => run(b, 'return window.updates')).toEqual(['tea']);

  await run(b, `client.on('RemoteInvitationReceived', (i) => i.accept())`);
  await run(a, `window.calls = []; const i = client.createLocalInvitation('ben'); i.on('LocalInvitationAccepted', () => window.calls.push('accepted')); i.send()`);
  await expect.poll(() => run(a, 'return window.calls')).toEqual(['accepted']);

  expect(await run(a, `return client.sendMessageToPeer({ text: 'for later' }, 'cleo', { enableOfflineMessaging: true })`)).toEqual({ hasPeerReceived: false });
  const c = await enter(await newPage(), gateways[1].url, 'cleo');
  await expect.poll(() => heard(c)).toEqual([['for later', 'ann', true]]);
  await expect.poll(() => run(a, 'return window.states')).toContainEqual({ cleo: 'ONLINE' });

  const id = await run(a, `return (await client.createMediaMessageByUploading(new Blob(['a picture']))).mediaId`);
  expect(await run(c, `return (await client.downloadMedia('${id}')).text()`)).toBe('a picture');
  await enter(await newPage(), gateways[0].url, 'cleo');
  await expect.poll(async () => (await events(c, 'ConnectionStateChanged')).at(-1)).toEqual(['ABORTED', 'REMOTE_LOGIN']);
});

test('a NATS server is killed, then a gateway in mid-upload: nothing is lost, nothing comes twice', async ({ newPage }) => {
  const net = await slow(gateways[0].url, 6_000_000);
  try {
    const [a, b] = [await enter(await newPage(), net.url, 'ada'), await enter(await newPage(), gateways[1].url, 'bob')];
    await join(a, 'hall');
    await join(b, 'hall');
    await expect.poll(() => events(a, 'MemberJoined')).toEqual([['bob']]);
    const held = net.holdUploads(8 << 20); // else it could be over before the gateway is killed
    await run(a, `
      window.data = new Uint8Array(20 << 20).map((_, i) => (i * 2654435761) >>> 13);
      window.progress = [];
      window.upload = client.createMediaMessageByUploading(new Blob([window.data]), {}, { onOperationProgress: (p) => window.progress.push(p.currentSize) });`);
    await cluster.kill(0);
    const killed = Date.now();
    await run(b, say(1, 10));
    console.log(`recovered: ten messages between pages arrived within ${Date.now() - killed} ms of the death of a NATS server`);

    await held;
    await expect.poll(() => run(a, 'return window.progress.at(-1)')).toBeGreaterThan(6 << 20);
    net.turn(gateways[1].url);
    await gateways[0].kill();
    net.release();
    const gone = Date.now();
    await run(b, say(11, 20));
    console.log(`recovered: ten more within ${Date.now() - gone} ms of the death of a gateway`);
    const id = await run(a, 'return (await window.upload).mediaId');
    console.log(`recovered: the upload ended ${Date.now() - gone} ms after it`);
    const progress = (await run(a, 'return window.progress')) as number[];
    expect(progress.every((n, i) => !i || n > progress[i - 1]), 'progress only rises').toBe(true);
    const sum = `const d = await crypto.subtle.digest('SHA-256', bytes); return new Uint8Array(d).join()`;
    expect(await run(b, `const bytes = await (await client.downloadMedia('${id}')).arrayBuffer(); ${sum}`)).toBe(await run(a, `const bytes = window.data; ${sum}`));
    const texts = async () => (await heard(a)).map(([text]) => text as string);
    await expect.poll(async () => new Set((await texts()).map((text) => text.split('.')[0])).size).toBe(20);
    const all = await texts();
    expect(all, 'once and in order').toEqual(inOrder(all));
    expect(await events(b, 'MemberLeft'), 'others see nothing of it').toEqual([]);
    expect((await events(a, 'ConnectionStateChanged')).map(([state]) => state).slice(-2)).toEqual(['RECONNECTING', 'CONNECTED']);
  } finally {
    await net.end();
  }
});

test('a gateway vanishes in mid-upload: the upload goes on as soon as the session is back', async ({ newPage }) => {
  const vanishing = await new Gateway(['--nats', cluster.urls, '--media', cluster.media]).start();
  const net = await slow(vanishing.url, 6_000_000);
  try {
    const a = await enter(await newPage(), net.url, 'amy');
    const log: string[] = [];
    a.on('console', (m) => log.push(m.text()));
    const held = net.holdUploads(8 << 20); // else it could be over before the gateway vanishes
    await run(a, `
      client.updateConfig({ logFilter: AgoraRTM.LOG_FILTER_INFO });
      await Promise.all([1, 2, 3].map(() => client.createMediaMessageByUploading(new Blob(['small'])))); // leaves a connection that is not in use
      client.on('ConnectionStateChanged', (state) => (window[state] = performance.now()));
      window.progress = [];
      window.upload = client.createMediaMessageByUploading(new Blob([new Uint8Array(20 << 20)]), {}, { onOperationProgress: (p) => window.progress.push(p.currentSize) });`);
    await held;
    await expect.poll(() => run(a, 'return window.progress.at(-1)')).toBeGreaterThan(6 << 20);
    net.turn(gateways[1].url);
    vanishing.freeze(); // connections of the page to it stay open, and swallow what is sent
    net.release();
    await run(a, `await window.upload`);
    console.log(`recovered: the upload ended ${Math.round(await run(a, 'return performance.now() - window.CONNECTED'))} ms after the session was back`);
    const progress = (await run(a, 'return window.progress')) as number[];
    expect(progress.every((n, i) => !i || n > progress[i - 1]), 'progress only rises').toBe(true);
    expect(log.join('\n')).not.toMatch(/nothing (was )?heard of a (media )?request for 20 s/);
  } finally {
    await net.end();
    await vanishing.stop();
  }
});

/** Sends numbers to ada, each until she has it, as an application would; the text also has how many messages there were. */
const say = (from: number, to: number) => `
  for (let n = ${from}, sent = 0; n <= ${to}; )
    try {
      if ((await client.sendMessageToPeer({ text: n + '.' + ++sent }, 'ada')).hasPeerReceived) n++;
    } catch {}`;
