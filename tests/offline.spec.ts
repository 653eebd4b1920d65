import { test, expect, login, events, appId, openBlank } from './support/test.ts';
import { Gateway } from './support/proc.ts';

test('messages kept for a user who is away come with the login, in order', async ({ openUser, openPage, run }) => {
  const a = await openUser(`a-${run}`);
  const sent = await a.evaluate(async (peer) => {
    const { client } = window as any;
    const thumbnail = new Blob(['tiny']);
    const picture = { messageType: 'IMAGE', mediaId: '0'.repeat(70), fileName: 'p.png', thumbnail, width: 3, height: 2 };
    const keep = { enableOfflineMessaging: true };
    return [
      await client.sendMessageToPeer({ text: 'one' }, peer, keep),
      await client.sendMessageToPeer({ text: 'not kept' }, peer),
      await client.sendMessageToPeer(picture, peer, keep),
      await client.sendMessageToPeer({ ...picture, messageType: 'FILE' }, peer, keep),
      await client.sendMessageToPeer({ rawMessage: new Uint8Array([1, 2]) }, peer, keep),
    ];
  }, `b-${run}`);
  expect(sent).toEqual(Array(5).fill({ hasPeerReceived: false }));

  const b = await openPage();
  await login(b, `b-${run}`);
  await a.evaluate((peer) => (window as any).client.sendMessageToPeer({ text: 'live' }, peer), `b-${run}`);
  await expect.poll(async () => (await events(b, 'MessageFromPeer')).length).toBe(5);
  const got = await b.evaluate(async () => Promise.all((window as any).log.filter((e: any[]) => e[0] === 'MessageFromPeer').map(
    async ([, m, from, props]: any[]) => [m.messageType, m.text ?? (m.thumbnail ? await m.thumbnail.text() : [...m.rawMessage].join()), from, props.isOfflineMessage, props.serverReceivedTs > 1.7e12])));
  expect(got).toEqual([
    ['TEXT', 'one', `a-${run}`, true, true],
    ['IMAGE', 'tiny', `a-${run}`, true, true],
    ['FILE', 'tiny', `a-${run}`, true, true],
    ['RAW', '1,2', `a-${run}`, true, true],
    ['TEXT', 'live', `a-${run}`, false, true],
  ]);
});

test('messages kept outlive a killed gateway', async ({ page }) => {
  const gateway = await new Gateway().start();
  try {
    await openBlank(page, gateway.url);
    await login(page, 'ada', appId);
    await page.evaluate(() => (window as any).client.sendMessageToPeer({ text: 'kept' }, 'bob', { enableOfflineMessaging: true }));
    await gateway.kill();
    await gateway.start();
    const bob = await page.context().newPage();
    await openBlank(bob, gateway.url);
    await login(bob, 'bob', appId);
    await expect.poll(async () => (await events(bob, 'MessageFromPeer')).map(([m, from]) => [m.text, from])).toEqual([['kept', 'ada']]);
  } finally {
    await gateway.stop();
  }
});
