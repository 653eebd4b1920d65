/** Applications keep things of their own on the SDK's objects; nothing of the SDK is overwritten by it. */
import { appId, expect, test } from './support/test.ts';

test('whatever an application sets under a short name, everything goes on', async ({ openPage, run }) => {
  const page = await openPage();
  const got = await page.evaluate(async ({ appId, run }) => {
    const sdk = (window as any).AgoraRTM;
    await sdk.preload();
    const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$_'];
    const names = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))].filter((name) => name !== 'on');
    /** Sets them all. */
    function litter<T extends object>(object: T): T {
      for (const name of names) (object as any)[name] = `of the application: ${name}`;
      return object;
    }
    const log: unknown[] = [];
    const [a, b] = ['a', 'b'].map((name) => {
      const client = litter(sdk.createInstance(appId, { logFilter: sdk.LOG_FILTER_OFF }));
      client.on('MessageFromPeer', (message: any, from: string) => log.push([name, message.text, from]));
      return { client, uid: `${name}-${run}` };
    }) as [any, any];
    const channels: any[] = [];
    for (const { client, uid } of [a, b]) {
      await client.login({ uid });
      litter(client);
      const channel = litter(client.createChannel(`room-${run}`));
      await channel.join();
      channels.push(litter(channel));
    }
    const heard = new Promise((resolve) => channels[0].on('ChannelMessage', (message: any) => resolve(message.text)));
    await channels[1].sendMessage(litter({ text: 'to all', messageType: 'TEXT' }));
    log.push(await heard, (await channels[0].getMembers()).length);
    await a.client.sendMessageToPeer(litter({ text: 'to you' }), b.uid);

    b.client.on('RemoteInvitationReceived', (remote: any) => litter(remote).accept());
    const call = litter(a.client.createLocalInvitation(b.uid));
    const accepted = new Promise((resolve) => call.on('LocalInvitationAccepted', resolve));
    call.send();
    litter(call);
    await accepted;
    log.push(call.state);

    const media = await a.client.createMediaMessageByUploading(new Blob(['content']), litter({ fileName: 'f' }));
    log.push(await (await b.client.downloadMedia(litter(media).mediaId)).text());
    await a.client.setLocalUserAttributes({ k: 'v' });
    log.push(await b.client.getUserAttributes(a.uid), await a.client.queryPeersOnlineStatus([b.uid]));
    for (const channel of channels) await channel.leave();
    for (const { client } of [a, b]) {
      await client.logout();
      log.push(client.connectionState, client.n, client.A1);
    }
    return log;
  }, { appId, run });
  const own = ['DISCONNECTED', 'of the application: n', 'of the application: A1'];
  expect(got).toEqual(['to all', 2, ['b', 'to you', `a-${run}`], 'ACCEPTED_BY_REMOTE', 'content', { k: 'v' }, { [`b-${run}`]: true }, ...own, ...own]);
});
