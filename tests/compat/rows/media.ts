import type { Area } from '../row.ts';

const RtmInvalidArgumentError = 'RtmInvalidArgumentError';

/** Why their rows differ. */
const url = 'new: 1.4 gives no URLs';
const prepared = 'new: 1.4 leaves pictures as they are';

export const media: Area = {
  title: 'Media',
  rows: [
    { member: 'client.createMediaMessageByUploading', when: 'params is null', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), null) },
    { member: 'client.createMediaMessageByUploading', when: 'payload is not a Blob', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().createMediaMessageByUploading('x', { messageType: 'FILE' }) },
    { member: 'client.createMediaMessageByUploading', when: 'messageType, description or fileName is not a string', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { fileName: 5 }) },
    { member: 'client.createMediaMessageByUploading', when: 'thumbnail is neither a Blob nor undefined', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { thumbnail: null }) },
    { member: 'client.createMediaMessageByUploading', when: 'FILE with a dimension', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { messageType: 'FILE', width: undefined }) },
    { member: 'client.createMediaMessageByUploading', when: 'messageType is neither IMAGE nor FILE', class: RtmInvalidArgumentError, code: 2, differs: '1.4.1 refuses it too; 1.4.5 uploads it and makes a message that no method sends', fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { messageType: 'VIDEO' }) },
    { member: 'client.createMediaMessageByUploading', when: 'the handler is null', class: 'TypeError', fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), {}, null) },
    ...([['cancelSignal is not a signal', 'new AbortController()', 'null'], ['onOperationProgress is not a function', 'null', "'x'"]] as const).map(([when, cancelSignal, onOperationProgress]) => ({
      member: 'client.createMediaMessageByUploading', when, class: RtmInvalidArgumentError as 'RtmInvalidArgumentError', code: 2, differs: '1.4 fails only when it uses it',
      fails: new Function('t', `return () => t.client().createMediaMessageByUploading(t.blob(1), {}, { cancelSignal: ${cancelSignal}, onOperationProgress: ${onOperationProgress} })`) as any,
    })),
    { member: 'client.createMediaMessageByUploading', when: 'payload over 31457280 bytes', class: 'RtmLimitExceededError', code: 4, differs: 'the guide says 30 MB, the 1.4 builds take 32', fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(31457281), { messageType: 'FILE' }) },
    { member: 'client.createMediaMessageByUploading', when: 'not logged in, after the arguments', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { messageType: 'FILE' }) },
    { member: 'client.createMediaMessageByUploading', when: 'a dimension is not a number', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.createMediaMessageByUploading(t.blob(1), { messageType: 'IMAGE', width: '3' }); } },
    { member: 'client.createMediaMessageByUploading', when: 'payload is empty', class: RtmInvalidArgumentError, code: 2, fails: async (t) => { const c = await t.user(); return () => c.createMediaMessageByUploading(t.blob(0), { messageType: 'FILE' }); } },
    {
      member: 'client.createMediaMessageByUploading', when: 'nine tasks run or wait', class: 'RtmLimitExceededError', code: 5,
      fails: async (t) => {
        const c = await t.user();
        for (let i = 0; i < 9; i++) c.createMediaMessageByUploading(new Blob([t.bytes(65536)])).catch(() => {});
        return () => c.createMediaMessageByUploading(t.blob(5));
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'canceled while it runs', class: 'RtmInterruptedError', code: 6,
      fails: async (t) => {
        const c = await t.user();
        const controller = new AbortController();
        return () => c.createMediaMessageByUploading(new Blob([t.bytes(65536), t.blob(8 << 20)]), {}, { cancelSignal: controller.signal, onOperationProgress: () => controller.abort() });
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'the signal was aborted before the call, or is aborted while the task waits', class: 'RtmInterruptedError', code: 6,
      differs: '1.4 ignores the first, and hangs for 120 s on the second',
      fails: async (t) => {
        const c = await t.user();
        return () => c.createMediaMessageByUploading(t.blob(1), {}, { cancelSignal: AbortSignal.abort() });
      },
    },
    { member: 'client.createMediaMessageByUploading', when: 'tasks start in the order of their calls, three at a time', shown: 'core:TestTasksStartInOrder', differs: 'in 1.4 one at a time; a small file need not wait for a large one' },
    { member: 'client.createMediaMessageByUploading', when: 'the payload can no longer be read: a folder, or a file that was moved', class: 'RtmUnavailableError', code: 1, shown: 'core:TestUnreadableSmallUpload' },
    { member: 'client.createMediaMessageByUploading', when: 'no progress for 120 s', class: 'RtmTimeoutError', code: 3, shown: 'core:TestUploadStalls' },
    { member: 'client.createMediaMessageByUploading', when: 'a proxy refuses even small bodies (serverCode 413)', class: 'RtmUnavailableError', code: 1, shown: 'core:TestBodiesThatComeToNothingAreNoProgress' },
    { member: 'client.createMediaMessageByUploading', when: 'a timeout names its likely cause, with serverCode and originalError of the last attempt', shown: 'core:TestTheCauseOfATimeout' },
    { member: 'client.createMediaMessageByUploading', when: 'refused by the gateway, also because the quota of the user or the app is used up (serverCode 507)', class: 'RtmUnavailableError', code: 1, shown: 'core:TestUploadRefused' },
    { member: 'client.createMediaMessageByUploading', when: 'rejected by the scanner of the gateway (serverCode 422)', class: 'RtmUnavailableError', code: 1, shown: 'core:TestUploadRefusedWithAReason' },
    {
      member: 'client.createMediaMessageByUploading', when: 'FILE: the message, its fields and their order',
      works: async (t) => {
        const thumbnail = t.blob(2);
        const message = await (await t.user()).createMediaMessageByUploading(t.blob(7), { messageType: 'FILE', fileName: 'a', thumbnail, other: 1 });
        t.equal([message.thumbnail === thumbnail, message.thumbnailData === thumbnail, /^[0-9a-z]{60,100}$/.test(message.mediaId)], [true, true, true]);
        t.equal({ ...message, mediaId: 0, thumbnail: 0 }, { fileName: 'a', size: 7, description: '', mediaId: 0, thumbnail: 0, messageType: 'FILE' });
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'IMAGE: dimensions are measured, and each given one overrides', differs: 'in 1.4 one given value leaves the other 0',
      works: async (t) => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 30, height: 20 });
        canvas.getContext('2d');
        const png = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!)));
        const message = await (await t.user()).createMediaMessageByUploading(png, { messageType: 'IMAGE', thumbnail: png, width: 15, thumbnailHeight: -1 });
        t.equal({ ...message, mediaId: 0, thumbnail: 0 }, { height: 20, width: 15, fileName: '', size: png.size, description: '', thumbnail: 0, messageType: 'IMAGE', thumbnailWidth: 30, thumbnailHeight: 20, mediaId: 0 });
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'a file that is not a picture has the dimensions 0',
      works: async (t) => {
        const message = await (await t.user()).createMediaMessageByUploading(t.blob(9), { messageType: 'IMAGE' });
        t.equal([message.width, message.height], [0, 0]);
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'without messageType it is IMAGE if a dimension is given, else FILE', differs: '1.4 was meant to do this, but its builds refuse the call with code 2',
      works: async (t) => {
        const c = await t.user();
        const messages = await Promise.all([c.createMediaMessageByUploading(t.blob(3), { width: 5 }), c.createMediaMessageByUploading(t.blob(3))]);
        t.equal(messages.map((m: any) => m.messageType), ['IMAGE', 'FILE']);
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'the handler may stand in second place, alone or among the params', differs: 'the guide to media messages puts it there; the 1.4 builds take it in third place only',
      works: async (t) => {
        const seen: number[] = [];
        const message = await (await t.user()).createMediaMessageByUploading(new Blob([t.bytes(99)]), { fileName: 'f', onOperationProgress: (p: any) => seen.push(p.currentSize, p.totalSize) });
        t.equal([message.fileName, seen.slice(0, 2), seen.slice(-2)], ['f', [0, 99], [99, 99]]);
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'handlers in second and in third place both count; the third argument wins', differs: 'the 1.4 builds look at the third only',
      works: async (t) => {
        const seen: string[] = [];
        const c = await t.user();
        const own = { onOperationProgress: () => seen.push('params') };
        await c.createMediaMessageByUploading(new Blob([t.bytes(99)]), { fileName: 'f', ...own }, { cancelSignal: new AbortController().signal });
        await c.createMediaMessageByUploading(new Blob([t.bytes(99)]), own, { onOperationProgress: () => seen.push('third') });
        t.equal([...new Set(seen)], ['params', 'third']);
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'progress begins with 0, never decreases, and ends with the total',
      works: async (t) => {
        const seen: number[] = [];
        const blob = new Blob([t.bytes(60000), t.blob(3 << 20)]);
        await (await t.user()).createMediaMessageByUploading(blob, {}, { onOperationProgress: (p: any) => seen.push(p.currentSize, p.totalSize) });
        const current = seen.filter((_, i) => i % 2 === 0);
        t.equal([current[0], current.at(-1), current, seen.every((n, i) => i % 2 === 0 || n === blob.size)], [0, blob.size, [...current].sort((a, b) => a - b), true]);
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'the same content again is another upload with another mediaId', differs: 'in 1.4 it gets the same id and is not sent again; here an id cannot be guessed, and does not show who has which file',
      works: async (t) => {
        const c = await t.user();
        const ids = [];
        for (let i = 0; i < 2; i++) ids.push((await c.createMediaMessageByUploading(t.blob(6))).mediaId);
        t.equal(ids[0] === ids[1], false);
      },
    },
    { member: 'client.createMediaMessageByUploading', when: 'a progress callback that throws is logged, and the transfer goes on', differs: 'in 1.4 it ends the transfer', works: async (t) => void (await (await t.user()).createMediaMessageByUploading(t.blob(4), {}, { onOperationProgress: () => { throw new Error('a mistake of the application'); } })) },
    { member: 'client.createMediaMessageByUploading', when: 'RECONNECTING: a task pauses and goes on; a new one gives 102', shown: 'core:TestUploadPausesWhileReconnecting' },

    { member: 'client.downloadMedia', when: 'mediaId is not a string', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().downloadMedia(5) },
    { member: 'client.downloadMedia', when: 'mediaId does not have the form of an id', class: RtmInvalidArgumentError, code: 2, fails: (t) => () => t.client().downloadMedia('x y') },
    {
      member: 'client.downloadMedia', when: 'mediaId has the right form, but its hash is not 64 lower-case hex digits', class: RtmInvalidArgumentError, code: 2,
      differs: 'no upload gives such an id; 1.4 asks its service, and finds nothing', fails: (t) => () => t.client().downloadMedia('0' + 'xy'.repeat(32) + '1z1z10'),
    },
    { member: 'client.downloadMedia', when: 'mediaId says that the content has no bytes', class: RtmInvalidArgumentError, code: 2, differs: '1.4 rejects with an RtmInternalError without a code', fails: async (t) => { const c = await t.user(); return () => c.downloadMedia('0' + 'ab'.repeat(32) + '1z1z0'); } },
    { member: 'client.downloadMedia', when: 'a media id of the vendor\'s service, which this gateway does not have', class: 'RtmUnavailableError', code: 4, fails: async (t) => { const c = await t.user(); return () => c.downloadMedia('0' + 'ab'.repeat(32) + '7z1z100000z480z640'); } },
    { member: 'client.downloadMedia', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, fails: (t) => () => t.client().downloadMedia('0' + 'ab'.repeat(32) + '1z1z10') },
    { member: 'client.downloadMedia', when: 'nobody uploaded it in the last seven days', class: 'RtmUnavailableError', code: 4, fails: async (t) => { const c = await t.user(); return () => c.downloadMedia('0' + 'ab'.repeat(32) + '1z1z10'); } },
    {
      member: 'client.downloadMedia', when: 'nine tasks run or wait', class: 'RtmLimitExceededError', code: 5,
      fails: async (t) => {
        const c = await t.user();
        const { mediaId } = await c.createMediaMessageByUploading(t.blob(5));
        for (let i = 0; i < 9; i++) c.downloadMedia(mediaId).catch(() => {});
        return () => c.downloadMedia(mediaId);
      },
    },
    {
      member: 'client.downloadMedia', when: 'canceled', class: 'RtmInterruptedError', code: 6,
      fails: async (t) => {
        const c = await t.user();
        const { mediaId } = await c.createMediaMessageByUploading(t.blob(5));
        const controller = new AbortController();
        return () => {
          const download = c.downloadMedia(mediaId, { cancelSignal: controller.signal });
          controller.abort();
          return download;
        };
      },
    },
    { member: 'client.downloadMedia', when: 'no progress for 120 s', class: 'RtmTimeoutError', code: 3, shown: 'core:TestDownloadStalls' },
    { member: 'client.downloadMedia', when: 'a proxy answers in place of the gateway: it is asked again', shown: 'core:TestAForeignAnswerIsTriedAgain' },
    { member: 'client.downloadMedia', when: 'refused by the gateway, or not the promised content', class: 'RtmUnavailableError', code: 1, shown: 'core:TestDownloadRefused' },
    {
      member: 'client.downloadMedia', when: 'any user of the app can; the type of the Blob follows from its bytes: PNG, GIF, PDF, JPEG and ZIP, and film, sound, text and other types in which no browser runs a script', differs: 'the 1.4 builds know PNG, GIF, PDF and some forms of JPEG. All else is application/octet-stream there, also ZIP, which is documented',
      works: async (t) => {
        const files: Record<string, BlobPart[]> = {
          'image/png': [new Uint8Array([0x89, 0x50, 0x4e, 0x47]), t.bytes(9)],
          'application/zip': ['PK\x03\x04', t.bytes(9)],
          'video/mp4': ['\0\0\0\x14ftypmp42\0\0\0\0mp42', t.bytes(9)],
          'video/quicktime': ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', t.bytes(9)],
          'application/x-7z-compressed': ['7z', new Uint8Array([0xbc, 0xaf, 0x27, 0x1c]), t.bytes(9)],
          'text/plain': ['a text'],
          'application/octet-stream': ['<svg onload="alert(1)"/>'],
        };
        const uploader = await t.user('a');
        const ids = [];
        for (const parts of Object.values(files)) ids.push((await uploader.createMediaMessageByUploading(new Blob(parts, { type: 'text/html' }))).mediaId);
        await uploader.logout();
        const other = await t.user('b');
        const blobs = await Promise.all(ids.map((id) => other.downloadMedia(id)));
        t.equal(blobs.map((blob: any) => [blob.type, blob.size]), Object.entries(files).map(([type, parts]) => [type, new Blob(parts).size]));
      },
    },

    { member: 'client.getMediaUrl', when: 'mediaId is not a string, or not an id', class: RtmInvalidArgumentError, code: 2, differs: url, fails: async (t) => { const c = await t.user(); return () => c.getMediaUrl('x y'); } },
    { member: 'client.getMediaUrl', when: 'expiresIn is not a positive whole number, or over 604800', class: RtmInvalidArgumentError, code: 2, differs: url, fails: async (t) => { const c = await t.user(); return () => c.getMediaUrl('0' + 'ab'.repeat(32) + '1z1z10', { expiresIn: 604801 }); } },
    { member: 'client.getMediaUrl', when: 'download is not a string, empty, or over 255 bytes', class: RtmInvalidArgumentError, code: 2, differs: url, fails: async (t) => { const c = await t.user(); return () => c.getMediaUrl('0' + 'ab'.repeat(32) + '1z1z10', { download: 'ä'.repeat(128) }); } },
    { member: 'client.getMediaUrl', when: 'not logged in', class: 'RtmInvalidStatusError', code: 102, differs: url, fails: (t) => () => t.client().getMediaUrl('0' + 'ab'.repeat(32) + '1z1z10') },
    { member: 'client.getMediaUrl', when: 'nobody uploaded it in the last seven days', class: 'RtmUnavailableError', code: 4, differs: url, fails: async (t) => { const c = await t.user(); return () => c.getMediaUrl('0' + 'ab'.repeat(32) + '1z1z10'); } },
    { member: 'client.getMediaUrl', when: 'no answer for 10 s', class: 'RtmTimeoutError', code: 3, shown: 'core:TestMediaURLFails', differs: url },
    { member: 'client.getMediaUrl', when: 'refused by the gateway, or the gateway is older', class: 'RtmUnavailableError', code: 1, shown: 'core:TestMediaURLFails', differs: url },
    { member: 'client.getMediaUrl', when: 'more than 100 in 5 s, if it would have to wait for more than 10 s', class: 'RtmInvokeTooOftenError', code: 5, shown: 'core:TestReadsWaitTenSecondsAtMost', differs: url },
    {
      member: 'client.getMediaUrl', when: 'the URL serves the file without a login; with download, browsers save it under that name', differs: url,
      works: async (t) => {
        const c = await t.user();
        const { mediaId } = await c.createMediaMessageByUploading(new Blob(['the file']));
        const plain = await fetch(await c.getMediaUrl(mediaId), { credentials: 'omit' });
        const saved = new URL(await c.getMediaUrl(mediaId, { expiresIn: 60, download: 'a.txt' }));
        t.equal([await plain.text(), (await fetch(saved)).status, saved.searchParams.get('download')], ['the file', 200, 'a.txt']);
        saved.searchParams.set('download', 'b.txt');
        t.equal((await fetch(saved)).status, 404);
      },
    },
    { member: 'prepareImage', when: 'the file is not a Blob', class: RtmInvalidArgumentError, code: 2, differs: prepared, fails: (t) => () => t.sdk.prepareImage('x') },
    { member: 'prepareImage', when: 'maxSide is below 1, quality not above 0 or over 1, or fileName and description leave less than 1 KB for a thumbnail', class: RtmInvalidArgumentError, code: 2, differs: prepared, fails: (t) => () => t.sdk.prepareImage(t.blob(1), { maxSide: 0 }) },
    { member: 'prepareImage', when: 'the file is not a picture that the browser can decode', class: RtmInvalidArgumentError, code: 2, differs: prepared, fails: (t) => () => t.sdk.prepareImage(t.blob(99)) },
    { member: 'prepareImage', when: 'its signal is aborted', class: 'RtmInterruptedError', code: 6, differs: prepared, fails: (t) => () => t.sdk.prepareImage(t.blob(99), { signal: AbortSignal.abort() }) },
    { member: 'prepareImage', when: 'not done within 30 s', class: 'RtmTimeoutError', code: 3, shown: 'tests/prepare.spec.ts:a browser that never answers is given up after 30 s', differs: prepared },
    { member: 'prepareImage', when: 'the page cannot draw pictures, or the file can no longer be read', class: 'RtmUnavailableError', code: 1, shown: 'tests/prepare.spec.ts:a page that can draw nothing says so', differs: prepared },
    {
      member: 'prepareImage', when: 'gives the picture without metadata, a thumbnail that fits, sizes and a placeholder', differs: prepared,
      works: async (t) => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
        canvas.getContext('2d')!.fillRect(0, 0, 640, 480);
        const jpeg = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/jpeg'));
        const noted = new Blob([jpeg.slice(0, 2), new Uint8Array([0xff, 0xfe, 0, 9]), 'private', jpeg.slice(2)]);
        const { payload, thumbnail, placeholder, ...sizes } = await t.sdk.prepareImage(noted);
        t.equal([(await payload.text()).includes('private'), thumbnail.size > 0 && thumbnail.size < 32704, placeholder.length < 40], [false, true, true]);
        t.equal(sizes, { width: 640, height: 480, thumbnailWidth: 320, thumbnailHeight: 240 });
      },
    },
    {
      member: 'client.createMediaMessageByUploading', when: 'with prepare the picture is prepared first; other params stay as given', differs: prepared,
      works: async (t) => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
        canvas.getContext('2d')!.fillRect(0, 0, 640, 480);
        const png = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!)));
        const message = await (await t.user()).createMediaMessageByUploading(png, { prepare: { maxSide: 64 }, height: 7 });
        t.equal([message.messageType, message.width, message.height, message.thumbnailWidth, message.thumbnail.size > 0], ['IMAGE', 64, 7, 320, true]);
      },
    },
    { member: 'client.createMediaMessageByUploading', when: 'FILE with prepare', class: RtmInvalidArgumentError, code: 2, differs: prepared, fails: (t) => () => t.client().createMediaMessageByUploading(t.blob(1), { messageType: 'FILE', prepare: true }) },
  ],
};
