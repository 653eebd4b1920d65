import type { Page } from '@playwright/test';
import { test, expect, events, failure, join, login } from './support/test.ts';
import { Gateway } from './support/proc.ts';

/** What an expression of the page's client resolves with. */
function get(page: Page, expression: string): Promise<any> {
  return page.evaluate((expression) => new Function('client', 'channel', `return ${expression}`)((window as any).client, (window as any).channel), expression);
}

test('user attributes: set, add, read, delete, clear, gone with the user', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  const theirs = `client.getUserAttributes('a-${run}')`;
  expect(await get(b, theirs)).toEqual({});
  expect(await get(a, `client.setLocalUserAttributes({ name: 'Ada', mood: 'grüß 👋', old: 'x' })`)).toBe(undefined);
  await get(a, `client.addOrUpdateLocalUserAttributes({ mood: 'fine', age: '36' })`);
  await get(a, `client.deleteLocalUserAttributesByKeys(['old', 'never was'])`);
  expect(await get(b, theirs)).toEqual({ name: 'Ada', mood: 'fine', age: '36' });
  expect(await get(a, theirs), 'her own').toEqual({ name: 'Ada', mood: 'fine', age: '36' });
  expect(await get(b, `client.getUserAttributesByKeys('a-${run}', ['name', 'never was'])`)).toEqual({ name: 'Ada' });
  await get(a, `client.clearLocalUserAttributes()`);
  expect(await get(b, theirs)).toEqual({});
  await get(a, `client.setLocalUserAttributes({ name: 'Ada' })`);
  await get(a, `client.logout()`);
  expect(await failure(b, `await ${theirs}`)).toMatchObject({ name: 'RtmUnavailableError', code: 6, isError: true });
});

test('channel attributes: who wrote what when, and told to members on request', async ({ openUser, run }) => {
  const [a, b, c] = [await openUser(`a-${run}`), await openUser(`b-${run}`), await openUser(`c-${run}`)];
  const room = `room-${run}`;
  await join(b, room);
  await b.evaluate(() => (window as any).channel.on('AttributesUpdated', (all: unknown) => (window as any).log.push(['AttributesUpdated', all])));
  await join(c, `other-${run}`);
  await c.evaluate(() => (window as any).channel.on('AttributesUpdated', () => (window as any).log.push(['AttributesUpdated'])));
  expect(await get(b, `client.getChannelAttributes('${room}')`)).toEqual({});
  const began = Date.now();
  await get(a, `client.setChannelAttributes('${room}', { topic: 'cats', open: 'yes' })`);
  await get(c, `client.addOrUpdateChannelAttributes('${room}', { topic: 'dogs' }, { enableNotificationToChannelMembers: true })`);
  const all = await get(b, `client.getChannelAttributes('${room}')`);
  expect(all).toEqual({
    topic: { value: 'dogs', lastUpdateUserId: `c-${run}`, lastUpdateTs: expect.any(Number) },
    open: { value: 'yes', lastUpdateUserId: `a-${run}`, lastUpdateTs: expect.any(Number) },
  });
  expect(Math.abs(all.open.lastUpdateTs - began)).toBeLessThan(60_000);
  await expect.poll(() => events(b, 'AttributesUpdated')).toEqual([[all]]);
  expect(await get(a, `client.getChannelAttributesByKeys('${room}', ['topic', 'x'])`)).toEqual({ topic: all.topic });
  await get(b, `client.deleteChannelAttributesByKeys('${room}', ['topic'], { enableNotificationToChannelMembers: true })`);
  await expect.poll(() => events(b, 'AttributesUpdated'), 'the writer hears it too').toEqual([[all], [{ open: all.open }]]);
  await get(a, `client.clearChannelAttributes('${room}')`);
  expect(await get(a, `client.getChannelAttributes('${room}')`)).toEqual({});
  expect(await events(c, 'AttributesUpdated'), 'a member of another channel').toEqual([]);
});

test('attributes over the limits are refused, also when they add up', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  expect(await failure(a, `await client.setLocalUserAttributes({ a: 'x'.repeat(8193) })`)).toMatchObject({ name: 'RtmLimitExceededError', code: 4 });
  await get(a, `client.setLocalUserAttributes({ a: 'x'.repeat(8192), b: 'x'.repeat(8190) })`);
  expect(await failure(a, `await client.addOrUpdateLocalUserAttributes({ c: 'x' })`)).toMatchObject({ name: 'RtmLimitExceededError', code: 4 });
  const full = `{ a: 'x'.repeat(8192), b: 'x'.repeat(8192), c: 'x'.repeat(8192), d: 'x'.repeat(8188) }`;
  await get(a, `client.setChannelAttributes('c-${run}', ${full})`);
  expect(await get(a, `client.getChannelAttributes('c-${run}').then((all) => all.d.value.length)`), 'the longest answer there is').toBe(8188);
  expect(await failure(a, `await client.deleteChannelAttributesByKeys('c-${run}', Array.from({ length: 99 }, (_, i) => i + 'x'.repeat(500)))`)).toMatchObject({ name: 'RtmLimitExceededError', code: 4 });
  const burst = await a.evaluate(async (id) => {
    const client = (window as any).client;
    const all = await Promise.allSettled(Array.from({ length: 41 }, () => client.getUserAttributes(id)));
    return all.map((r: any) => r.reason?.code);
  }, `a-${run}`);
  expect(burst, 'the last waits for its turn').toEqual(Array(41).fill(undefined));
  expect(await get(a, 'client.connectionState')).toBe('CONNECTED');
});

test('the client sets its user attributes again after the gateway was restarted, and channel attributes are still there', async ({ openPage, run }) => {
  test.slow();
  const gateway = await new Gateway().start();
  try {
    const [a, b] = [await openPage(), await openPage()];
    for (const [page, uid] of [[a, `a-${run}`], [b, `b-${run}`]] as const) {
      await page.evaluate((url) => (window as any).AgoraRTM.setParameter('GATEWAY', url), gateway.url);
      await login(page, uid);
    }
    await get(a, `client.setLocalUserAttributes({ name: 'Ada' })`);
    await get(a, `client.setChannelAttributes('room', { topic: 'cats' })`);
    await gateway.kill();
    await gateway.start();
    for (const page of [a, b]) await expect.poll(() => get(page, 'client.connectionState')).toBe('CONNECTED');
    const read = () => get(b, `client.getUserAttributes('a-${run}').catch((e) => e.code)`);
    await expect.poll(read, { intervals: [500] }).toEqual({ name: 'Ada' });
    expect(await get(b, `client.getChannelAttributes('room')`)).toMatchObject({ topic: { value: 'cats', lastUpdateUserId: `a-${run}` } });
  } finally {
    await gateway.stop();
  }
});
