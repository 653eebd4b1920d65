/** What the backend of an app sends to pages, and what it reads of what they send. The rest of the interface is tested by tests/rest_*_test.go. */
import { Gateway } from './support/proc.ts';
import { appId, events, expect, join, login, openBlank, test } from './support/test.ts';

const credentials = `Basic ${Buffer.from('backend:s3cret-of-backend').toString('base64')}`;

/** Calls the interface as a backend does. */
async function call(gateway: Gateway, path: string, body?: object): Promise<any> {
  const answer = await fetch(`${gateway.url}/dev/v2/project/${appId}/rtm${path}`, {
    method: body ? 'POST' : 'GET', headers: { Authorization: credentials, 'Content-Type': 'application/json;charset=utf-8' }, body: body && JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

test('a page gets what a backend sends, like any message', async ({ page }) => {
  const gateway = await new Gateway(['--rest-key', 'backend:s3cret-of-backend']).start();
  try {
    await openBlank(page, gateway.url);
    await login(page, 'bob', appId);
    await join(page, 'hall');
    const before = Date.now() - 1000;
    expect(await call(gateway, '/users/Server/peer_messages?wait_for_ack=true', { destination: 'bob', payload: 'to bob' })).toMatchObject({ result: 'success', code: 'message_delivered' });
    expect(await call(gateway, '/users/Server/channel_messages', { channel_name: 'hall', payload: 'to all' })).toMatchObject({ code: 'message_sent' });
    await expect.poll(async () => (await events(page, 'ChannelMessage')).length).toBe(1);
    const [[message, from, props]] = (await events(page, 'MessageFromPeer')) as any;
    expect([message, from, props.isOfflineMessage]).toEqual([{ text: 'to bob', messageType: 'TEXT' }, 'Server', false]);
    expect(props.serverReceivedTs).toBeGreaterThan(before);
    expect((await events(page, 'MemberJoined')).length).toBe(0);
  } finally {
    await gateway.stop();
  }
});

test('enableHistoricalMessaging keeps texts, pictures and files for the backend, in channels too', async ({ page }) => {
  const gateway = await new Gateway(['--rest-key', 'backend:s3cret-of-backend']).start();
  try {
    await openBlank(page, gateway.url);
    await login(page, 'ada', appId);
    await join(page, 'hall');
    await page.evaluate(async () => {
      const { client, channel } = window as any;
      const keep = { enableHistoricalMessaging: true };
      await client.sendMessageToPeer({ text: 'one' }, 'bob', keep);
      await client.sendMessageToPeer({ text: 'not kept' }, 'bob');
      await client.sendMessageToPeer({ text: 'not kept' }, 'bob', { enableHistoricalMessaging: false });
      await channel.sendMessage({ text: 'two' }, keep);
      await channel.sendMessage({ text: 'not kept' });
      const picture = await client.createMediaMessageByUploading(new Blob(['a file']), { messageType: 'FILE', fileName: 'f.txt', description: 'three', thumbnail: new Blob(['tiny']) });
      await client.sendMessageToPeer(picture, 'bob', keep);
      await client.sendMessageToPeer({ rawMessage: new Uint8Array([1]) }, 'bob', keep);
    });
    const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
    const filter = { source: 'ada', start_time: time(Date.now() - 600_000), end_time: time(Date.now() + 600_000) };
    const { location } = await call(gateway, '/message/history/query', { filter });
    const { code, messages } = await call(gateway, location.replace('~/rtm', ''));
    expect(code).toBe('ok');
    expect(messages).toMatchObject([
      { src: 'ada', dst: 'bob', payload: 'one', message_type: 'peer_message' },
      { src: 'ada', dst: 'hall', payload: 'two', message_type: 'group_message' },
      { src: 'ada', dst: 'bob', payload: 'three', message_type: 'peer_message', media: { type: 'FILE', file_name: 'f.txt', size: 6, thumbnail: Buffer.from('tiny').toString('base64') } },
    ]);
    expect(messages.length).toBe(3);
  } finally {
    await gateway.stop();
  }
});
