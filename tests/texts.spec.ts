// Texts cross unchanged, whatever characters they have.
import { test, expect } from './support/test.ts';

/** What is likely to be lost on the way, at the start, in the middle and at the end. */
const characters = ['\ufeff', '\ufeff\ufeff', '\0', '\u0001', '\r\n', '\u2028', '\u200b', '\u00a0', '\ufffe', '\uffff', 'é', 'e\u0301', '\u202e', '😀', '\u{10ffff}', '%41', '\\u0041', '&amp;', '"', '\ufffd'];
const texts = characters.flatMap((c) => [c, `${c}x`, `x${c}x`, `x${c}`]);
/** A lone surrogate is no character: as wherever the web encodes text, it becomes U+FFFD. */
const lone: [string, string][] = [['\ud800', '\ufffd'], ['a\udc00b', 'a\ufffdb'], ['\udc00\ud800', '\ufffd\ufffd'], ['\ufeff\ud83d', '\ufeff\ufffd']];
const all = [...texts.map((text) => [text, text] as [string, string]), ...lone];

test('every text arrives as it was sent: messages, names, attributes, invitations', async ({ openUser, run }) => {
  const [a, b] = [`a-${run}`, `b-${run}`];
  const [from, to] = [await openUser(a), await openUser(b)];

  await to.evaluate(() => {
    const w = window as any;
    w.got = [];
    w.client.on('MessageFromPeer', (m: any) => w.got.push(m));
    w.client.on('RemoteInvitationReceived', (i: any) => {
      w.got.push(i);
      i.response = i.content;
      i.accept();
    });
  });
  /** What the other side gets of what `send` makes of each text. */
  const crossing = async (send: string, field: string, texts: [string, string][]) => {
    await to.evaluate(() => void ((window as any).got.length = 0));
    const results = await from.evaluate(async ({ send, texts, b }) => {
      const make = new Function('client', 'text', 'peer', `return ${send}`);
      const out = [];
      for (const [text] of texts) out.push(await make((window as any).client, text, b));
      return out;
    }, { send, texts, b });
    await expect.poll(() => to.evaluate(() => (window as any).got.length)).toBe(texts.length);
    const got = await to.evaluate((field) => (window as any).got.map((m: any) => m[field]), field);
    expect(got, send).toEqual(texts.map(([, text]) => text));
    return results;
  };

  await crossing('client.sendMessageToPeer({ text }, peer)', 'text', all.slice(0, 60));
  await from.waitForTimeout(0);
  await crossing('client.sendMessageToPeer({ text }, peer)', 'text', [...all.slice(60), ['', '']]);
  await crossing("client.sendMessageToPeer({ rawMessage: new Uint8Array(1), description: text }, peer)", 'description', all.slice(0, 44));
  await crossing("client.sendMessageToPeer({ messageType: 'FILE', mediaId: 'x', fileName: text }, peer)", 'fileName', all.slice(0, 24).concat(lone));
  const responses = await crossing(
    `new Promise((resolve) => {
      const i = client.createLocalInvitation(peer);
      i.content = text;
      i.on('LocalInvitationAccepted', resolve);
      i.send();
    })`, 'content', all.slice(0, 12).concat(lone));
  expect(responses).toEqual(all.slice(0, 12).concat(lone).map(([, text]) => text));

  // Attributes: 20 at a time, as keys and as values, of a user and of a channel.
  const map = Object.fromEntries(characters.map((c) => [`${c}k`, `${c}v`]));
  const read = await from.evaluate(async ({ map, a, channel }) => {
    const { client } = window as any;
    await client.setLocalUserAttributes(map);
    await client.setChannelAttributes(channel, map);
    const ofChannel = await client.getChannelAttributes(channel);
    return [await client.getUserAttributes(a), Object.fromEntries(Object.entries(ofChannel).map(([key, { value }]: any) => [key, value]))];
  }, { map, a, channel: `c-${run}` });
  expect(read).toEqual([map, map]);
});
