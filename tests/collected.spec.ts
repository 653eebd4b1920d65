// What an application no longer uses is collected: clients with their listeners, channels,
// invitations and what was given to media tasks. The flag --expose-gc is in playwright.config.ts.
import type { Page } from '@playwright/test';
import { test, expect, appId } from './support/test.ts';

/** Makes, uses and drops clients; window.left has the kinds of what was not collected, one entry each. */
async function useClients(page: Page, run: string, ending: string): Promise<void> {
  await page.evaluate(async ({ appId, run, ending }) => {
    const w = window as any;
    const { AgoraRTM } = w;
    w.left = new Map();
    const registry = (w.registry = new FinalizationRegistry((n) => w.left.delete(n)));
    let count = 0;
    const watch = (kind: string, object: object) => {
      w.left.set(++count, kind);
      registry.register(object, count);
    };
    const options = { logFilter: AgoraRTM.LOG_FILTER_ERROR };

    await AgoraRTM.preload(); // a login does not wait for it longer than 12 s
    for (let n = 0; n < 10; n++) {
      const uids = [`a${n}-${run}`, `b${n}-${run}`];
      const [a, b] = uids.map(() => AgoraRTM.createInstance(appId, options));
      for (const client of [a, b]) {
        watch('client', client);
        for (const name of ['ConnectionStateChanged', 'MessageFromPeer', 'RemoteInvitationReceived', 'TokenExpired']) {
          const listener = () => client;
          watch('listener', listener);
          client.on(name, listener);
        }
      }
      await Promise.all([a.login({ uid: uids[0] }), b.login({ uid: uids[1] })]);
      const channels = [a, b].map((client) => client.createChannel(`c${n}-${run}`));
      for (const channel of channels) {
        watch('channel', channel);
        channel.on('ChannelMessage', () => channel);
        await channel.join();
      }
      await channels[0].sendMessage({ text: 'x' });
      await channels[0].getMembers();
      const answered = new Promise<void>((resolve) => {
        b.on('RemoteInvitationReceived', (remote: any) => {
          watch('remote invitation', remote);
          remote.accept();
        });
        const local = a.createLocalInvitation(uids[1]);
        watch('local invitation', local);
        local.on('LocalInvitationAccepted', () => resolve(local && undefined));
        local.send();
      });
      await answered;
      a.createLocalInvitation(uids[1]).send(); // unfinished when its client goes
      const blob = new Blob([new Uint8Array(100_000)]);
      const signal = new AbortController().signal;
      const onOperationProgress = () => blob;
      watch('blob', blob);
      watch('progress', onOperationProgress);
      const message = await a.createMediaMessageByUploading(blob, {}, { cancelSignal: signal, onOperationProgress });
      watch('message', message);
      watch('download', await b.downloadMedia(message.mediaId));
      await a.sendMessageToPeer(message, uids[1]);
      void b.downloadMedia(message.mediaId).catch(() => {}); // under way when its client goes
      if (ending === 'logout') await Promise.all([a.logout(), b.logout()]);
      else if (ending === 'logoutSync') [a, b].forEach((client) => client.logoutSync());
      else { // another client of the same users: the former ones are ABORTED
        const others = [a, b].map(() => AgoraRTM.createInstance(appId, options));
        const aborted = Promise.all([a, b].map((client) => new Promise<void>((resolve) =>
          client.on('ConnectionStateChanged', (state: string) => state === 'ABORTED' && resolve()))));
        await Promise.all(others.map((client, i) => client.login({ uid: uids[i] })));
        await aborted;
        for (const client of others) await client.logout();
      }
    }
    w.kinds = [...new Set(w.left.values())];
  }, { appId, run, ending });
}

for (const ending of ['logout', 'logoutSync', 'ABORTED'])
  test(`after ${ending}, all that clients had is collected`, async ({ openPage, run }) => {
    const page = await openPage();
    await useClients(page, run, ending);
    expect(await page.evaluate(() => (window as any).kinds.length)).toBe(9); // each was watched
    const left = () => page.evaluate(async () => {
      const w = window as any;
      await w.gc({ execution: 'async', type: 'major' });
      await new Promise((resolve) => setTimeout(resolve)); // the registry's turn
      return [...w.left.values()];
    });
    await expect.poll(left, { timeout: 60_000 }).toEqual([]);
  });

test('a client that is not held by the application goes on hearing, and one that is logs in again', async ({ openPage, run }) => {
  const page = await openPage();
  const got = await page.evaluate(async ({ appId, run }) => {
    const w = window as any;
    const { AgoraRTM } = w;
    await AgoraRTM.preload();
    const make = () => AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_ERROR });
    const heard: string[] = [];
    await (async () => { // nothing is left of it but what it hears
      const client = make();
      client.on('MessageFromPeer', (m: any) => heard.push(m.text));
      await client.login({ uid: `deaf-${run}` });
    })();
    const client = make();
    const collect = async () => {
      for (let i = 0; i < 3; i++) {
        await w.gc({ execution: 'async', type: 'major' });
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
    for (let n = 0; n < 3; n++) {
      await client.login({ uid: `held-${run}` });
      await collect();
      await client.sendMessageToPeer({ text: `${n}` }, `deaf-${run}`);
      await client.logout();
      await collect();
      await new Promise((resolve) => setTimeout(resolve, 500)); // the interval between logins
    }
    return heard;
  }, { appId, run });
  expect(got).toEqual(['0', '1', '2']);
});
