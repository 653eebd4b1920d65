// As an application outside a browser: two users exchange a message and a file over a real gateway.
import AgoraRTM from 'rtm-wasm';

const [gateway, appId, run] = process.argv.slice(2);
const open = async (uid) => {
  const client = AgoraRTM.createInstance(appId, { gateway, logFilter: AgoraRTM.LOG_FILTER_ERROR });
  await client.login({ uid });
  return client;
};
const [alice, bob] = [await open(`alice-${run}`), await open(`bob-${run}`)];
const next = () => new Promise((resolve) => bob.once('MessageFromPeer', (message) => resolve(message)));
let heard = next();
await alice.sendMessageToPeer({ text: 'hello' }, `bob-${run}`);
const { text } = await heard;
const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251);
const progress = [];
const message = await alice.createMediaMessageByUploading(new Blob([bytes]), { messageType: 'FILE', fileName: 'a.bin' }, { onOperationProgress: (p) => progress.push(p.currentSize) });
heard = next();
await alice.sendMessageToPeer(message, `bob-${run}`);
const { mediaId } = await heard;
const back = new Uint8Array(await (await bob.downloadMedia(mediaId)).arrayBuffer());
await Promise.all([alice.logout(), bob.destroy()]);
console.log(JSON.stringify({ text, size: back.length, same: back.every((b, i) => b === bytes[i]), last: progress.pop() }));
