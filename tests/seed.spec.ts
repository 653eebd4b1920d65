// Every snippet of the vendor's guide "Send and receive image or file messages", run
// between real pages. The code inside evaluate is the guide's, with its names.
import { deflateSync } from 'node:zlib';
import { test, expect, join, events, type TestWindow } from './support/test.ts';
import { png } from './support/pictures.ts';

const origins = ['same origin', 'cross origin'] as const;

for (const origin of origins) {
  test(`an image goes from a file input to a peer (${origin})`, async ({ openUser, run }) => {
    const a = await openUser(`a-${run}`, origin);
    const b = await openUser(`b-${run}`, origin);
    const picture = png(40, 30);
    await a.setInputFiles('.file-input', { name: 'agora.png', mimeType: 'image/png', buffer: picture });

    const sent = await a.evaluate(async (peerId) => {
      const client = (window as any).client;
      // Convert a local image file to a Blob
      const fileBlob = (document.querySelector('.file-input') as HTMLInputElement).files![0];
      const fileName = fileBlob.name;
      // Upload a Blob to the Agora server
      const mediaMessage = await client.createMediaMessageByUploading(fileBlob, {
        messageType: 'IMAGE',
        fileName: 'agora.jpg',
        description: 'send image',
        thumbnail: fileBlob,
        width: 100,
        height: 200,
        thumbnailWidth: 50,
        thumbnailHeight: 200,
      });
      // Send a peer-to-peer image message
      const result = await client.sendMessageToPeer(mediaMessage, peerId);
      return { fileName, result, keys: Object.keys(mediaMessage), sameThumbnail: mediaMessage.thumbnail === fileBlob, mediaMessage: { ...mediaMessage, thumbnail: undefined } };
    }, `b-${run}`);
    expect(sent.fileName).toBe('agora.png');
    expect(sent.result).toEqual({ hasPeerReceived: true });
    expect(sent.sameThumbnail).toBe(true);
    expect(sent.keys).toEqual(['height', 'width', 'fileName', 'size', 'description', 'thumbnail', 'messageType', 'thumbnailWidth', 'thumbnailHeight', 'mediaId']);
    expect(sent.mediaMessage).toMatchObject({ width: 100, height: 200, thumbnailWidth: 50, thumbnailHeight: 200, size: picture.length });

    const received = await b.evaluate(async () => {
      const { client, log } = window as any;
      // Receive a peer-to-peer image message (the event is in the log already)
      const [, message, peerId, props] = log.find((e: any[]) => e[0] === 'MessageFromPeer');
      const thumbnail = message.thumbnailData;
      const blob = await client.downloadMedia(message.mediaId);
      return {
        message: { ...message, thumbnail: undefined }, peerId, props, alias: thumbnail === message.thumbnail,
        enumerable: Object.keys(message).includes('thumbnailData'),
        thumbnail: [...new Uint8Array(await thumbnail.arrayBuffer())], thumbnailType: thumbnail.type,
        blob: [...new Uint8Array(await blob.arrayBuffer())], type: blob.type,
      };
    });
    expect(received.message).toMatchObject({
      messageType: 'IMAGE', fileName: 'agora.jpg', description: 'send image', size: picture.length,
      width: 100, height: 200, thumbnailWidth: 50, thumbnailHeight: 200,
    });
    expect(received).toMatchObject({ peerId: `a-${run}`, alias: true, enumerable: false, thumbnailType: '', type: 'image/png' });
    expect(received.props.isOfflineMessage).toBe(false);
    expect(Math.abs(received.props.serverReceivedTs - Date.now())).toBeLessThan(60_000);
    expect(Buffer.from(received.thumbnail)).toEqual(picture);
    expect(Buffer.from(received.blob)).toEqual(picture);
  });
}

test('an image message made by createMessage reaches a channel, heard on the client, and becomes a picture', async ({ openUser, run }) => {
  const [a, b, c] = [await openUser(`a-${run}`), await openUser(`b-${run}`), await openUser(`c-${run}`)];
  for (const p of [a, b, c]) await join(p, `room-${run}`);
  await a.setInputFiles('.file-input', { name: 'x.png', mimeType: 'image/png', buffer: png(64, 48) });

  await a.evaluate(async () => {
    const { client, channel } = window as any;
    const blob = (document.querySelector('.file-input') as HTMLInputElement).files![0];
    const { mediaId } = await client.createMediaMessageByUploading(blob, { messageType: 'IMAGE' });
    // Create an RtmImageMessage instance
    const imageMessage = client.createMessage({
      mediaId,
      messageType: 'IMAGE',
      fileName: 'example.jpg',
      description: 'send image',
      thumbnail: blob,
      width: 100,
      height: 200,
      thumbnailWidth: 50,
      thumbnailHeight: 200,
    });
    // Send a channel image message
    await channel.sendMessage(imageMessage);
  });

  for (const p of [b, c]) {
    await expect.poll(async () => (await events(p, 'ChannelMessage')).length).toBe(1);
    const shown = await p.evaluate(async () => {
      const { client, log } = window as any;
      const [, message, memberId, , channelId] = log.find((e: any[]) => e[0] === 'ChannelMessage');
      const blob = await client.downloadMedia(message.mediaId);
      // Convert the Blob to an image file
      function fileOrBlobToDataURL(obj: Blob, cb: (r: any) => void) {
        var a = new FileReader();
        a.readAsDataURL(obj);
        a.onload = function (e) {
          cb(e.target!.result);
        };
      }
      function blobToImage(blob: Blob, cb: (img: HTMLImageElement) => void) {
        fileOrBlobToDataURL(blob, function (dataurl) {
          var img = new Image();
          img.src = dataurl;
          cb(img);
        });
      }
      const img = await new Promise<HTMLImageElement>((resolve) => blobToImage(blob, resolve));
      await img.decode();
      return { memberId, channelId, type: message.messageType, width: img.naturalWidth, height: img.naturalHeight };
    });
    expect(shown).toEqual({ memberId: `a-${run}`, channelId: `room-${run}`, type: 'IMAGE', width: 64, height: 48 });
  }
  expect(await events(a, 'ChannelMessage'), 'nothing echoes to the sender').toEqual([]);
});

test('an internet image becomes a Blob through a canvas and is uploaded', async ({ openUser, run }) => {
  const a = await openUser(`a-${run}`);
  const source = `data:image/png;base64,${png(20, 10).toString('base64')}`;
  const out = await a.evaluate(async (src) => {
    // Convert an internet image to a Blob
    function canvasToDataURL(canvas: HTMLCanvasElement, format?: string, quality?: number) {
      return canvas.toDataURL(format || 'image/jpeg', quality || 1.0);
    }
    function dataURLToBlob(dataurl: string) {
      var arr = dataurl.split(',');
      var mime = arr[0].match(/:(.*?);/)![1];
      var bstr = atob(arr[1]);
      var n = bstr.length;
      var u8arr = new Uint8Array(n);
      while (n--) {
        u8arr[n] = bstr.charCodeAt(n);
      }
      return new Blob([u8arr], { type: mime });
    }
    function imageToCanvas(src: string, cb: (c: HTMLCanvasElement) => void) {
      var canvas = document.createElement('CANVAS') as HTMLCanvasElement;
      var ctx = canvas.getContext('2d')!;
      var img = new Image();
      img.src = src;
      img.onload = function () {
        canvas.width = img.width;
        canvas.height = img.height;
        ctx.drawImage(img, 0, 0);
        cb(canvas);
      };
    }
    function imageToBlob(src: string, cb: (b: Blob) => void) {
      imageToCanvas(src, function (canvas) {
        cb(dataURLToBlob(canvasToDataURL(canvas)));
      });
    }
    const blob = await new Promise<Blob>((resolve) => imageToBlob(src, resolve));
    const message = await (window as any).client.createMediaMessageByUploading(blob, { messageType: 'IMAGE' });
    const back = await (window as any).client.downloadMedia(message.mediaId);
    return { width: message.width, height: message.height, type: back.type, size: back.size, sent: blob.size, thumbnail: message.thumbnail };
  }, source);
  expect(out).toMatchObject({ width: 20, height: 10, type: 'image/jpeg', size: out.sent });
  expect(out.thumbnail).toBeUndefined();
});

test('a file goes to a peer and to a channel', async ({ openUser, run }) => {
  const [a, b] = [await openUser(`a-${run}`), await openUser(`b-${run}`)];
  for (const p of [a, b]) await join(p, `room-${run}`);
  const zip = Buffer.concat([Buffer.from('PK\x03\x04'), deflateSync(Buffer.alloc(3_000_000, 'x'), { level: 0 })]);
  await a.setInputFiles('.file-input', { name: 'slides.zip', mimeType: '', buffer: zip });

  const keys = await a.evaluate(async (peerId) => {
    const { client, channel } = window as any;
    const blob = (document.querySelector('.file-input') as HTMLInputElement).files![0];
    const mediaMessage = await client.createMediaMessageByUploading(blob, {
      messageType: 'FILE',
      fileName: 'example.ppt',
      description: 'send file',
    });
    // Create an RtmFileMessage instance
    const fileMessage = client.createMessage({
      mediaId: mediaMessage.mediaId,
      messageType: 'FILE',
      fileName: 'example.ppt',
      description: 'send file',
    });
    await client.sendMessageToPeer(fileMessage, peerId);
    await channel.sendMessage(mediaMessage);
    return Object.keys(mediaMessage);
  }, `b-${run}`);
  expect(keys).toEqual(['fileName', 'size', 'description', 'mediaId', 'thumbnail', 'messageType']);

  await expect.poll(async () => (await events(b, 'ChannelMessage')).length).toBe(1);
  const files = await b.evaluate(async () => {
    const { client, log } = window as any;
    return Promise.all(
      log.filter((e: any[]) => /Message/.test(e[0])).map(async ([, message]: any[]) => {
        const thumbnail = message.thumbnailData;
        const blob = await client.downloadMedia(message.mediaId);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
        return { ...message, thumbnail: thumbnail.size, blob: blob.size, type: blob.type, digest: [...digest] };
      }),
    );
  });
  expect(files).toHaveLength(2);
  const { createHash } = await import('node:crypto');
  for (const f of files) {
    expect(f).toMatchObject({ messageType: 'FILE', fileName: 'example.ppt', description: 'send file', thumbnail: 0, blob: zip.length, type: 'application/zip' });
    expect(Buffer.from(f.digest)).toEqual(createHash('sha256').update(zip).digest());
  }
  expect(files[0].size, 'createMessage puts no size in').toBe(0);
  expect(files[1].size).toBe(zip.length);
});

test('an upload without messageType, its handler as the second argument, is cancelled by its signal', async ({ openSlowUser, run }) => {
  const a = await openSlowUser(`a-${run}`);
  const out = await a.evaluate(async () => {
    const client = (window as unknown as TestWindow).client;
    const blob = new Blob([new Uint8Array(20 << 20)]);
    const seen: number[] = [];
    const controller = new AbortController();
    const begun = performance.now();
    try {
      await client.createMediaMessageByUploading(blob, {
        cancelSignal: controller.signal,
        onOperationProgress: ({ currentSize, totalSize }: any) => {
          if (seen.push(currentSize, totalSize) > 2) return;
          // Abort operation triggered by timeout
          setTimeout(() => controller.abort(), 1000);
        },
      });
      return { failed: false, seen };
    } catch (e: any) {
      return { failed: true, name: e.name, code: e.code, message: e.message, seen, after: performance.now() - begun };
    }
  });
  expect(out).toMatchObject({ failed: true, name: 'RtmInterruptedError', code: 6, message: ' Error Code 6 - Uploading canceled.' });
  expect(out.seen.slice(0, 2)).toEqual([0, 20 << 20]);
});

test('a download is cancelled by its signal', async ({ openUser, openSlowUser, run }) => {
  const mediaId = await (await openUser(`a-${run}`)).evaluate(async () => {
    const message = await (window as any).client.createMediaMessageByUploading(new Blob([new Uint8Array(20 << 20)]));
    return message.mediaId;
  });
  const a = await openSlowUser(`b-${run}`);
  const out = await a.evaluate(async (mediaId) => {
    const client = (window as any).client;
    const seen: number[] = [];
    const controller = new AbortController();
    try {
      await client.downloadMedia(mediaId, {
        cancelSignal: controller.signal,
        onOperationProgress: ({ currentSize, totalSize }: any) => {
          if (seen.push(currentSize, totalSize) > 2) return;
          // Abort operation triggered by timeout
          setTimeout(() => controller.abort(), 1000);
        },
      });
      return { failed: false, seen };
    } catch (e: any) {
      return { failed: true, name: e.name, code: e.code, message: e.message, seen };
    }
  }, mediaId);
  expect(out).toMatchObject({ failed: true, name: 'RtmInterruptedError', code: 6, message: ' Error Code 6 - Downloading canceled.' });
  expect(out.seen.slice(0, 2)).toEqual([0, 20 << 20]);
});
