// The hooks of rtm-wasm/react in real pages, in StrictMode, and on a server.
import type { Page } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { png } from './support/pictures.ts';
import { Gateway, root } from './support/proc.ts';
import { bundleReact, type Version } from './support/react.ts';
import { appId, events, expect, join, test as base } from './support/test.ts';
import { app as guarded, certificate, token007 } from './support/tokens.ts';

const bundles = new Map<Version, Promise<string>>();
const bundle = (version: Version) => bundles.get(version) ?? bundles.set(version, bundleReact({ file: path.join(root, 'tests/support/react-app.tsx') }, { version })).get(version)!;

/** A gateway that lets everybody in to one app, and asks for tokens in another. */
const test = base.extend<{ openApp: (version: Version, app?: string) => Promise<Page> }, { gateway: Gateway }>({
  gateway: [
    async ({}, use) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'rtm-apps-'));
      const apps = path.join(folder, 'apps.txt');
      writeFileSync(apps, `${guarded} ${certificate}\n${appId}\n`, { mode: 0o600 });
      const gateway = await new Gateway(['--apps', apps]).start();
      await use(gateway);
      await gateway.stop();
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
  openApp: async ({ openPage }, use) => {
    await use(async (version, app = appId) => {
      const page = await openPage();
      await page.evaluate(async ({ app, script }) => {
        const w = window as any;
        await w.AgoraRTM.preload();
        w.client = w.AgoraRTM.createInstance(app, { logFilter: w.AgoraRTM.LOG_FILTER_ERROR });
        document.body.append(document.createElement('main'));
        const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
        document.head.append(Object.assign(document.createElement('script'), { type: 'module', src: url }));
        while (!w.show) await new Promise((resolve) => setTimeout(resolve, 10));
        URL.revokeObjectURL(url);
      }, { app, script: await bundle(version) });
      return page;
    });
  },
});

const show = (page: Page, props: object) => page.evaluate((props) => (window as any).show(props), props);
/** What hooks returned last, as JSON has it; errors by their code. */
const seen = (page: Page, name: string): Promise<any> => page.evaluate((name) => JSON.parse(JSON.stringify((window as any).seen[name] ?? null, (_, value) => (value instanceof Error ? (value as any).code : value instanceof Blob ? value.size : value?.connectionState ? undefined : value))), name);
const counts = (page: Page): Promise<any> => page.evaluate(() => ({ ...(window as any).counts }));
const state = async (page: Page) => (await seen(page, 'rtm')).state;

for (const version of [19, 18] as const) {
  test(`React ${version}, StrictMode: one login, one join, members, messages, and nothing is left${version === 19 ? ' @everywhere' : ''}`, async ({ openApp, openUser, run }) => {
    const [app, bob] = [await openApp(version), await openUser(`bob-${run}`)];
    await join(bob, `garden-${run}`);
    await show(app, { uid: `ada-${run}`, rooms: { one: { id: `garden-${run}` }, two: { id: `garden-${run}`, limit: 2 } } });
    await expect.poll(() => seen(app, 'one')).toMatchObject({ state: 'JOINED', members: [`ada-${run}`, `bob-${run}`], memberCount: 2, messages: [] });
    expect(await seen(app, 'rtm')).toMatchObject({ state: 'CONNECTED', reason: 'LOGIN_SUCCESS', uid: `ada-${run}` });
    expect(await counts(app)).toMatchObject({ login: 1, logout: 0, join: 1, leave: 0 });

    await bob.evaluate(async (ada) => {
      const w = window as any;
      for (const text of ['one', 'two', 'three']) await w.channel.sendMessage({ text });
      await w.client.sendMessageToPeer({ text: 'psst' }, ada);
    }, `ada-${run}`);
    await expect.poll(() => seen(app, 'peer')).toEqual([`bob-${run}`, 'psst']);
    const sent = await app.evaluate(async () => {
      const { send } = (window as any).seen.two;
      const { status } = await send('four');
      const failed = await send('x'.repeat(40_000));
      return [status, failed.status, failed.error.code, send === (window as any).seen.two.send];
    });
    expect(sent).toEqual(['sent', 'failed', 4, true]);
    await expect.poll(async () => (await seen(app, 'one statuses')).slice(0, 3)).toEqual(['received', 'sending', 'sent']);
    expect((await seen(app, 'one')).messages.map(({ message, from, status }: any) => `${from} ${message.text.slice(0, 5)} ${status}`)).toEqual(
      ['one', 'two', 'three'].map((text) => `bob-${run} ${text} received`).concat(`ada-${run} four sent`, `ada-${run} xxxxx failed`));
    expect((await seen(app, 'two')).messages, 'the latest two').toHaveLength(2);
    await expect.poll(() => events(bob, 'ChannelMessage')).toMatchObject([[{ text: 'four' }, `ada-${run}`, {}, `garden-${run}`]]);

    const { renders } = await counts(app);
    await bob.evaluate(() => (window as any).channel.leave());
    await expect.poll(async () => (await seen(app, 'one')).members).toEqual([`ada-${run}`]);
    expect((await counts(app)).renders, 'who asks for the session alone is not rendered for members and messages').toBe(renders);

    await show(app, { rooms: { two: { id: `garden-${run}` } } }); // one user of the channel goes
    await app.evaluate((id) => {
      const w = window as any;
      w.show({ rooms: {} });
      w.show({ rooms: { three: { id } } }); // all go, and one comes back before any timer runs
    }, `garden-${run}`);
    await expect.poll(async () => (await seen(app, 'three'))?.messages.length).toBe(5);
    expect(await counts(app)).toMatchObject({ login: 1, join: 1, leave: 0 });
    await show(app, { rooms: {} });
    await expect.poll(() => counts(app)).toMatchObject({ join: 1, leave: 1, logout: 0 });

    await show(app, { mounted: false });
    await expect.poll(() => app.evaluate(() => (window as any).client.connectionState)).toBe('DISCONNECTED');
    expect(await counts(app)).toMatchObject({ login: 1, logout: 1, urls: 0 });
    expect(await app.evaluate(() => (window as any).client.eventNames())).toEqual([]);
  });
}

test('a picture: its preview, placeholder, thumbnail and itself; what nobody shows is given back @everywhere', async ({ openApp, openUser, run }) => {
  const [app, bob] = [await openApp(19), await openUser(`bob-${run}`)];
  await join(bob, `garden-${run}`);
  await show(app, { uid: `ada-${run}`, rooms: { room: { id: `garden-${run}` } } });
  await expect.poll(async () => (await seen(app, 'room'))?.state).toBe('JOINED');
  const sent = await app.evaluate(async (base64) => {
    const w = window as any;
    const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'view.png', { type: 'image/png' });
    const { placeholder } = await w.AgoraRTM.prepareImage(file);
    const uploading = w.seen.upload.upload(file, { prepare: true });
    while (!w.seen.upload.previewUrl) await new Promise((resolve) => setTimeout(resolve));
    const preview = new Image();
    preview.src = w.seen.upload.previewUrl;
    await preview.decode();
    w.message = await uploading;
    const { status } = await w.seen.room.send(w.message);
    return { width: preview.naturalWidth, status, placeholder, fileName: w.message.fileName, type: w.message.messageType, upload: w.seen.upload.status };
  }, png(400, 300).toString('base64'));
  expect(sent).toMatchObject({ width: 400, status: 'sent', fileName: 'view.png', type: 'IMAGE', upload: 'done' });
  await expect.poll(() => events(bob, 'ChannelMessage')).toMatchObject([[{ messageType: 'IMAGE', width: 400, height: 300 }, `ada-${run}`, {}, `garden-${run}`]]);

  const shown = await app.evaluate(async (placeholder) => {
    const w = window as any;
    const listeners = () => w.client.listeners('ConnectionStateChanged').length;
    const before = listeners();
    w.show({ pictures: { first: { message: w.message, placeholder }, second: { message: w.message } } });
    const pictures = document.getElementsByClassName('picture') as HTMLCollectionOf<HTMLImageElement>;
    while (pictures[0]?.naturalWidth !== 400 || pictures[1]?.naturalWidth !== 400) await new Promise((resolve) => setTimeout(resolve, 10));
    return { same: w.seen.first.url === w.seen.second.url, stages: w.seen['first stages'], listeners: listeners() - before };
  }, sent.placeholder);
  expect(shown).toMatchObject({ same: true, listeners: 0 });
  expect([...new Set(shown.stages)]).toEqual(['placeholder', 'thumbnail', 'full']);
  expect(await counts(app)).toMatchObject({ download: 1, urls: 3 }); // preview, thumbnail and picture

  await show(app, { pictures: { gone: { message: `0${'ab'.repeat(32)}1z1z10` } } });
  await expect.poll(async () => (await seen(app, 'gone'))?.error).toBe(4);
  await app.evaluate(() => (window as any).seen.upload.reset());
  await expect.poll(() => counts(app)).toMatchObject({ urls: 0 });
});

test('an upload is canceled, replaced, and ends with its component', async ({ openApp, net, run }) => {
  const app = await openApp(19);
  await app.evaluate((gateway) => (window as any).AgoraRTM.setParameter('GATEWAY', gateway), net.url);
  await show(app, { uid: `ada-${run}` });
  await expect.poll(() => state(app)).toBe('CONNECTED');
  const upload = async () => (await seen(app, 'upload'))?.status;
  await app.evaluate(() => ((window as any).big = new Blob([new Uint8Array(30 << 20)])));

  let held = net.holdUploads(1_000_000); // else it could be over before it is canceled
  await app.evaluate(() => void ((window as any).canceled = (window as any).seen.upload.upload((window as any).big)));
  await held;
  await expect.poll(upload).toBe('uploading');
  await app.evaluate(() => (window as any).seen.upload.cancel());
  await expect.poll(upload).toBe('canceled');
  net.release();

  const [replaced, done] = await app.evaluate(() => {
    const { big, seen } = window as any;
    return Promise.all([seen.upload.upload(big), seen.upload.upload(new Blob(['small']))]);
  });
  expect([await app.evaluate(() => (window as any).canceled), replaced, done.size, done.messageType]).toEqual([undefined, undefined, 5, 'FILE']);
  await expect.poll(upload).toBe('done');
  expect(await app.evaluate(() => (window as any).seen.upload.upload(new Blob([])))).toBe(undefined);
  await expect.poll(() => seen(app, 'upload')).toMatchObject({ status: 'failed', error: 2 });

  held = net.holdUploads(1_000_000);
  await app.evaluate(() => void ((window as any).last = (window as any).seen.upload.upload((window as any).big)));
  await held;
  await show(app, { mounted: false });
  expect(await app.evaluate(() => (window as any).last)).toBe(undefined);
});

test('tokens: a wrong one, a good one, another one, and a function that is asked again in time', async ({ openApp, run }) => {
  const app = await openApp(19, guarded);
  await show(app, { uid: `ada-${run}`, token: token007(`ada-${run}`, 3600, 'ab'.repeat(16)), rooms: { room: { id: `garden-${run}` } } });
  await expect.poll(() => seen(app, 'rtm')).toMatchObject({ state: 'DISCONNECTED', reason: 'LOGIN_FAILURE', error: 5 });
  await show(app, { token: token007(`ada-${run}`) });
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`ada-${run}`] });
  expect((await seen(app, 'rtm')).error).toBe(undefined);
  await show(app, { token: token007(`eve-${run}`) });
  await expect.poll(() => seen(app, 'rtm'), 'a renewal that is refused').toMatchObject({ state: 'CONNECTED', error: 6 });
  expect((await counts(app)).logout).toBe(0);

  const short = token007(`eve-${run}`, 31); // TokenPrivilegeWillExpire comes 30 s before the end
  await app.evaluate(([uid, ...tokens]) => {
    const w = window as any;
    w.client.renewToken = (token: string) => (w.renewed = token);
    void w.seen.rtm.login({ uid, token: async () => tokens.shift() });
  }, [`eve-${run}`, short, 'the next']);
  await expect.poll(() => app.evaluate(() => (window as any).renewed)).toBe('the next');
});

test('logins: another user, nobody, and another page of the same user', async ({ openApp, openUser, run }) => {
  const app = await openApp(19);
  await show(app, { uid: `ada-${run}`, rooms: { room: { id: `garden-${run}` } } });
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`ada-${run}`] });
  await app.evaluate(() => (window as any).seen.room.send('of ada'));

  await show(app, { uid: `eve-${run}` });
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`eve-${run}`], messages: [] });
  const rival = await openUser(`eve-${run}`);
  await expect.poll(() => seen(app, 'rtm')).toMatchObject({ state: 'ABORTED', reason: 'REMOTE_LOGIN', uid: `eve-${run}` });
  await app.evaluate(() => (window as any).seen.rtm.login());
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`eve-${run}`] });
  await expect.poll(() => rival.evaluate(() => (window as any).client.connectionState)).toBe('ABORTED');

  await show(app, { uid: null });
  await expect.poll(() => state(app)).toBe('DISCONNECTED');
  expect(await seen(app, 'room')).toMatchObject({ state: 'LEFT', members: [] });
  await app.evaluate((uid) => (window as any).seen.rtm.login({ uid, token: async () => null }), `bob-${run}`);
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`bob-${run}`] });
  await app.evaluate(() => (window as any).seen.rtm.logout());
  await expect.poll(() => state(app)).toBe('DISCONNECTED');
});

test('a gateway that is restarted: the channel is joined again, and the picture is downloaded then', async ({ openApp, openUser, gateway, run }) => {
  const app = await openApp(19);
  await show(app, { uid: `ada-${run}`, rooms: { room: { id: `garden-${run}` } } });
  await expect.poll(async () => (await seen(app, 'room'))?.state).toBe('JOINED');
  const mediaId = await app.evaluate(async () => (await (window as any).client.createMediaMessageByUploading(new Blob(['a file']))).mediaId);
  await gateway.kill();
  await expect.poll(() => state(app)).toBe('RECONNECTING');
  await show(app, { pictures: { late: { message: mediaId } } });
  await gateway.start();
  await expect.poll(() => state(app)).toBe('CONNECTED');
  const bob = await openUser(`bob-${run}`);
  await join(bob, `garden-${run}`);
  await expect.poll(() => seen(app, 'room')).toMatchObject({ state: 'JOINED', members: [`ada-${run}`, `bob-${run}`] });
  await expect.poll(() => seen(app, 'late')).toMatchObject({ stage: 'full', blob: 6 });
});

for (const version of [19, 18] as const)
  test(`React ${version} renders the hooks on a server, where nothing happens`, async () => {
    const url = pathToFileURL(path.join(root, 'web/dist/rtm.mjs')).href;
    const text = `
      import { renderToString } from 'react-dom/server';
      import { version } from 'react';
      import { RtmProvider, useChannel, useMedia, useRtm, useUpload } from 'rtm-wasm/react';
      function Page() {
        const { url, stage } = useMedia({ mediaId: 'x', thumbnail: new Blob(['x']) }, { placeholder: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w' });
        return <p>{[useRtm().state, useChannel('garden').state, useUpload().status, stage, url.slice(0, 14)].join()}</p>;
      }
      import('${url}').then(({ createInstance }) => {
        const client = createInstance('${appId}', { gateway: 'http://127.0.0.1:1' });
        console.log(version, renderToString(<RtmProvider client={client} uid="ada"><Page /></RtmProvider>));
      });`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-'], { input: await bundleReact({ text }, { version, platform: 'node', external: [url] }), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^${version}\\.\\S+ <p>DISCONNECTED,LEFT,idle,placeholder,data:image/png</p>\n$`));
    expect(status).toBe(0);
  });
