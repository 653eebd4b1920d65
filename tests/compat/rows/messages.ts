import type { Area } from '../row.ts';

export const messages: Area = {
  title: 'Messages',
  rows: [
    { member: 'client.createMessage', when: 'there is no argument', class: 'TypeError', fails: (t) => () => t.client().createMessage() },
    {
      member: 'client.createMessage', when: 'fills in IMAGE and FILE, and returns anything else as it is',
      works: (t) => {
        const { thumbnail, ...image } = t.client().createMessage({ messageType: 'IMAGE', mediaId: 'x', width: 3 });
        t.equal(image, { width: 3, height: 0, fileName: '', description: '', thumbnailWidth: 0, thumbnailHeight: 0, size: 0, messageType: 'IMAGE', mediaId: 'x' });
        t.equal([thumbnail instanceof Blob, thumbnail.size], [true, 0]);
        const text = { text: 'x' };
        t.equal(t.client().createMessage(text) === text, true);
      },
    },
    {
      member: 'client.createMessage', when: 'thumbnailData is thumbnail by another name, not enumerable', differs: 'the guide to media messages uses it; the 1.4 builds do not have it',
      works: (t) => {
        const message = t.client().createMessage({ messageType: 'FILE', mediaId: 'x' });
        t.equal([message.thumbnailData === message.thumbnail, 'thumbnailData' in { ...message }], [true, false]);
      },
    },

    { member: 'client.sendMessageToPeer', when: 'options is null', class: 'TypeError', fails: (t) => () => t.client().sendMessageToPeer({ text: 'x' }, 'b', null) },
    ...([
      ['the message is not a plain object, before the login is checked', `'hi'`], ['the message is neither text nor bytes', '{}'], ['it has text and bytes', `{ text: 'x', rawMessage: new Uint8Array(1) }`],
      ['rawMessage is an ArrayBuffer', '{ rawMessage: new ArrayBuffer(1) }'], ['IMAGE and FILE are not inferred', `{ mediaId: 'x' }`],
      ['it is an instance of a class', `new (class { text = 'x' })()`], ['it has no prototype', `Object.assign(Object.create(null), { text: 'x' })`],
    ] as const).map(([when, message]) => ({
      member: 'client.sendMessageToPeer', when, class: 'RtmInvalidArgumentError' as const, code: 7,
      fails: new Function('t', `return () => t.client().sendMessageToPeer(${message}, 'b')`) as any,
    })),
    { member: 'client.sendMessageToPeer', when: 'not logged in, before peerId and size are checked', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().sendMessageToPeer({ text: 'x'.repeat(32769) }, 'a*') },
    { member: 'client.sendMessageToPeer', when: 'peerId is not valid, before the size is checked', class: 'RtmInvalidArgumentError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ text: 'x'.repeat(32769) }, 'a*'); } },
    { member: 'client.sendMessageToPeer', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().sendMessageToPeer({ text: 'x' }, 'b') },
    { member: 'client.sendMessageToPeer', when: 'peerId is not valid', class: 'RtmInvalidArgumentError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ text: 'x' }, 'a*b'); } },
    { member: 'client.sendMessageToPeer', when: 'peerId is a number', class: 'RtmInvalidArgumentError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ text: 'x' }, 5); } },
    { member: 'client.sendMessageToPeer', when: 'text over 32768 bytes', class: 'RtmLimitExceededError', code: 7, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ text: 'é'.repeat(16385) }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'rawMessage and description over 32768 bytes', class: 'RtmLimitExceededError', code: 7, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ rawMessage: new Uint8Array(32768), description: 'x' }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'fileName, description and thumbnail over 32768 bytes', class: 'RtmInvalidArgumentError', code: 7, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'IMAGE', mediaId: 'x', fileName: 'x', thumbnail: t.blob(32768) }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'RAW whose rawMessage is not a Uint8Array', class: 'RtmInvalidArgumentError', code: 6, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'RAW', rawMessage: [1] }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'unknown messageType', class: 'RtmInvalidArgumentError', code: 7, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'VIDEO', text: 'x' }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'a text that begins with END_CALL_PREFIX but is no end of a call', class: 'RtmInvalidArgumentError', code: 7, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ text: t.sdk.END_CALL_PREFIX + 'x' }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'TEXT without a text', class: 'RtmUnavailableError', code: 1, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'TEXT' }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'IMAGE or FILE without a mediaId', class: 'RtmUnavailableError', code: 1, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'FILE' }, 'b'); } },
    { member: 'client.sendMessageToPeer', when: 'thumbnail is not a Blob', class: 'RtmUnavailableError', code: 1, fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'FILE', mediaId: 'x', thumbnail: 'x' }, 'b'); } },
    {
      member: 'client.sendMessageToPeer', when: 'mediaId has more than 256 bytes', class: 'RtmInvalidArgumentError', code: 7, differs: 'it would not fit into a frame; ids of uploads have about 90 bytes',
      fails: async (t) => { const c = await t.user(); return () => c.sendMessageToPeer({ messageType: 'FILE', mediaId: 'x'.repeat(257) }, 'b'); },
    },
    {
      member: 'client.sendMessageToPeer', when: 'a malformed message: originalError is the cause',
      works: async (t) => {
        const channel = await t.joined();
        const causes = await Promise.all([channel.sendMessage({ messageType: 'TEXT' }), channel.client.sendMessageToPeer({ messageType: 'FILE' }, 'b')].map(
          (sent: Promise<void>) => sent.catch((error: any) => error.originalError instanceof Error)));
        t.equal(causes, [true, true]);
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'the 181st message in 3 s, to peers and channels together', class: 'RtmLimitExceededError', code: 5,
      fails: async (t) => {
        const channel = await t.joined();
        const toPeer = () => channel.client.sendMessageToPeer({ text: 'x' }, t.id('nobody'));
        return t.allAtOnce(180, (i) => (i % 2 ? channel.sendMessage({ text: 'x' }) : toPeer()), toPeer);
      },
    },
    { member: 'client.sendMessageToPeer', when: 'no answer: sent again after 6 s, given up after 10 s', class: 'RtmTimeoutError', code: 2, shown: 'core:TestSendIsRepeatedOnceAndTimesOut' },
    { member: 'client.sendMessageToPeer', when: 'RECONNECTING for 9 s more', class: 'RtmTimeoutError', code: 2, shown: 'core:TestSendsDoNotWaitForEver' },
    { member: 'client.sendMessageToPeer', when: 'RECONNECTING: waits for the connection', shown: 'core:TestSendsWaitForTheConnection' },
    {
      member: 'client.sendMessageToPeer', when: 'resolves with hasPeerReceived: whether the peer was online and has it',
      works: async (t) => {
        const [a] = [await t.user('a'), await t.user('b')];
        t.equal(await a.sendMessageToPeer({ text: 'x' }, t.id('b'), {}), { hasPeerReceived: true });
        t.equal(await a.sendMessageToPeer({ text: 'x' }, t.id('nobody')), { hasPeerReceived: false });
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'the inferred messageType, and the description that RAW lacks, are written into the message',
      works: async (t) => {
        const client = await t.user();
        const message: any = { rawMessage: t.bytes(1) };
        await client.sendMessageToPeer(message, t.id('nobody'));
        t.equal([message.messageType, message.description], ['RAW', '']);
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'with enableOfflineMessaging the message is kept for a peer who is not online; hasPeerReceived is false',
      works: async (t) => {
        const [a, b] = [await t.user('a'), t.client()];
        t.equal(await a.sendMessageToPeer({ text: 'later' }, t.id('b'), { enableOfflineMessaging: true, enableHistoricalMessaging: true }), { hasPeerReceived: false });
        const next = t.next(b, 'MessageFromPeer');
        await b.login({ uid: t.id('b') });
        const [message, peerId, { isOfflineMessage }] = await next;
        t.equal([message.text, peerId, isOfflineMessage], ['later', t.id('a'), true]);
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'with enableHistoricalMessaging the message is kept for the app\'s backend: texts, images and files', differs: 'the vendor kept texts only; raw messages are not kept here either',
      shown: 'tests/rest.spec.ts:enableHistoricalMessaging keeps texts, pictures and files for the backend, in channels too',
    },
    { member: 'client.sendMessageToPeer', when: 'the gateway keeps the latest 200 messages for a peer, and drops older ones', shown: 'gateway:TestOfflineMessagesAreLimited' },
    { member: 'client.sendMessageToPeer', when: 'the gateway keeps messages for a peer for seven days', shown: 'gateway/natsengine:TestMailIsKeptForAWeek' },
    { member: 'client:MessageFromPeer', when: 'kept messages arrive with the login, in order: texts, bytes, images and files', shown: 'tests/offline.spec.ts:messages kept for a user who is away come with the login, in order' },
    {
      member: 'client.sendMessageToPeer', when: 'a frozen message can be sent', differs: '1.4 fails with a TypeError; this SDK sends a copy',
      works: async (t) => void (await (await t.user()).sendMessageToPeer(Object.freeze({ text: 'x' }), t.id('nobody'))),
    },
    {
      member: 'client.sendMessageToPeer', when: 'a message to oneself is not delivered',
      works: async (t) => {
        const client = await t.user('me');
        const log = t.record(client, 'MessageFromPeer');
        await client.sendMessageToPeer({ text: 'x' }, t.id('me'));
        await client.sendMessageToPeer({ text: 'x' }, t.id('nobody'));
        t.equal(log, []);
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'exactly 32768 bytes, empty text and empty bytes are accepted',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const log = t.record(b, 'MessageFromPeer');
        const texts = ['', 'é'.repeat(16384)];
        for (const text of texts) await a.sendMessageToPeer({ text }, t.id('b'));
        await a.sendMessageToPeer({ rawMessage: new Uint8Array(0) }, t.id('b'));
        await t.until(() => log.length === 3);
        t.equal(log.map(([, m]) => m.text?.length ?? m.rawMessage.length), [0, 16384, 0]);
      },
    },
    {
      member: 'client.sendMessageToPeer', when: 'the legacy text that ends a call arrives as it is',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const next = t.next(b, 'MessageFromPeer');
        const text = `${t.sdk.END_CALL_PREFIX}_room_x`;
        await a.sendMessageToPeer({ text }, t.id('b'));
        t.equal((await next)[0], { text, messageType: 'TEXT' });
      },
    },

    {
      member: 'client:MessageFromPeer', when: 'message, peerId, and properties with the gateway\'s time in ms',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const next = t.next(b, 'MessageFromPeer');
        await a.sendMessageToPeer({ text: 'hi', extra: 1 }, t.id('b'));
        const [message, peerId, { serverReceivedTs, ...rest }, ...more] = await next;
        t.equal([message, peerId, rest, more], [{ text: 'hi', messageType: 'TEXT' }, t.id('a'), { isOfflineMessage: false }, []]);
        if (!(Math.abs(serverReceivedTs - Date.now()) < 60_000)) throw new Error(`serverReceivedTs ${serverReceivedTs}`);
      },
    },
    {
      member: 'client:MessageFromPeer', when: 'media messages have all their fields; thumbnail is always a Blob, without a type',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const log = t.record(b, 'MessageFromPeer');
        await a.sendMessageToPeer({ messageType: 'FILE', mediaId: 'x' }, t.id('b'));
        await a.sendMessageToPeer({ messageType: 'IMAGE', mediaId: 'x', width: 3, thumbnail: new Blob(['abc'], { type: 'image/png' }) }, t.id('b'));
        await t.until(() => log.length === 2);
        const [[, file], [, image]] = log as any;
        t.equal([file.thumbnail.size, image.thumbnail.size, image.thumbnail.type, image.thumbnailData === image.thumbnail], [0, 3, '', true]);
        t.equal({ ...file, thumbnail: 0 }, { messageType: 'FILE', mediaId: 'x', fileName: '', description: '', size: 0, thumbnail: 0 });
        t.equal({ ...image, thumbnail: 0 }, { messageType: 'IMAGE', mediaId: 'x', fileName: '', description: '', size: 0, thumbnail: 0, width: 3, height: 0, thumbnailWidth: 0, thumbnailHeight: 0 });
      },
    },
    {
      member: 'client:MessageFromPeer', when: 'in the order of sending',
      works: async (t) => {
        const [a, b] = [await t.user('a'), await t.user('b')];
        const log = t.record(b, 'MessageFromPeer');
        const texts = Array.from({ length: 50 }, (_, i) => String(i));
        await Promise.all(texts.map((text) => a.sendMessageToPeer({ text }, t.id('b'))));
        t.equal(log.map(([, m]) => m.text), texts);
      },
    },
  ],
};
