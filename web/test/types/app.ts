/** An application of the 1.4 API, to be compiled only: the types must let it pass. */
import AgoraRTM, {
  createInstance, LOG_FILTER_ERROR,
  type RtmChannel, type RtmClient, type RtmEvents, type RtmFileMessage, type RtmImageMessage, type RtmMessage,
  type RtmRawMessage, type RtmStatusCode, type RtmTextMessage,
} from 'rtm-wasm';
import * as Namespace from 'rtm-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

const client: RtmClient = AgoraRTM.createInstance('a'.repeat(32), { logFilter: LOG_FILTER_ERROR, enableLogUpload: false });
const others: RtmClient[] = [
  new AgoraRTM.createInstance('a'.repeat(32)),
  createInstance('a'.repeat(32), { gateway: 'https://rtm.example.com' }, ['CN']),
  Namespace.createInstance('a'.repeat(32)),
  Namespace.default.createInstance('a'.repeat(32)),
  (AgoraRTM.default || AgoraRTM).createInstance('a'.repeat(32)),
];
AgoraRTM.setArea({ areaCodes: ['GLOBAL'], excludedArea: 'CHINA' });
AgoraRTM.setArea({ areaCodes: [AgoraRTM.AreaCode.EUROPE] });
AgoraRTM.setParameter('GATEWAY', 'https://rtm.example.com');

client.on('ConnectionStateChanged', (state, reason) => {
  same<typeof state, RtmStatusCode.ConnectionState>(true);
  if (state === 'CONNECTED' || state === AgoraRTM.ConnectionState.ABORTED) console.log(reason === 'LOGIN_SUCCESS');
  // @ts-expect-error no such state
  if (state === 'ONLINE') return;
});

const onMessage: RtmEvents.RtmClientEvents['MessageFromPeer'] = (message, peerId, { serverReceivedTs, isOfflineMessage }) => {
  same<typeof peerId, string>(true);
  same<typeof serverReceivedTs, number>(true);
  same<typeof isOfflineMessage, boolean>(true);
  switch (message.messageType) {
    case 'TEXT': return same<typeof message.text, string>(true);
    case 'RAW': return same<typeof message.rawMessage, Uint8Array>(true);
    case AgoraRTM.MessageType.IMAGE: {
      same<typeof message.width, number>(true);
      same<typeof message.thumbnail, Blob>(true);
      return same<typeof message.thumbnailData, Blob>(true);
    }
    case 'FILE': return same<typeof message.mediaId, string>(true);
  }
};
client.on('MessageFromPeer', onMessage).off('MessageFromPeer', onMessage);
client.on('ChannelMessage', (message) => console.log(message.messageType));
// @ts-expect-error no such event
client.on('MessageFromPeeer', () => {});

async function main(file: File, controller: AbortController): Promise<void> {
  await client.login({ uid: 'alice', token: undefined });
  await client.login({ uid: 'alice', token: null });
  // @ts-expect-error a number is no uid
  await client.login({ uid: 1 });

  const channel: RtmChannel = client.createChannel('demo');
  channel.on('ChannelMessage', (message, memberId) => {
    if (message.messageType === 'TEXT') console.log(message.text, memberId);
  });
  channel.on('MemberCountUpdated', (count) => same<typeof count, number>(true));
  await channel.join();
  const members = await channel.getMembers();
  same<typeof members, string[]>(true);
  await channel.sendMessage({ text: 'hi' });
  await channel.sendMessage({ rawMessage: new Uint8Array(1), description: 'x', messageType: 'RAW' });
  const { hasPeerReceived } = await client.sendMessageToPeer({ text: 'hi' }, 'bob', { enableOfflineMessaging: true });
  same<typeof hasPeerReceived, boolean>(true);
  // @ts-expect-error not a message
  await client.sendMessageToPeer({ txt: 'hi' }, 'bob');

  const image = await client.createMediaMessageByUploading(file, {
    messageType: 'IMAGE', fileName: 'a.jpg', thumbnail: file, width: 640,
  }, {
    cancelSignal: controller.signal,
    onOperationProgress: ({ currentSize, totalSize }) => console.log(currentSize / totalSize),
  });
  same<typeof image.mediaId, string>(true);
  same<typeof image.height, number>(true);
  await client.sendMessageToPeer(image, 'bob');
  const asFile = await client.createMediaMessageByUploading(file);
  same<typeof asFile.messageType, 'FILE'>(true);
  await channel.sendMessage(asFile);
  await client.createMediaMessageByUploading(file, { cancelSignal: controller.signal, onOperationProgress: () => {} });
  const blob = await client.downloadMedia(image.mediaId, { cancelSignal: controller.signal });
  same<typeof blob, Blob>(true);

  const made = client.createMessage<RtmImageMessage>({ messageType: 'IMAGE', mediaId: image.mediaId });
  const all: RtmMessage[] = [made, client.createMessage<RtmTextMessage>({ text: 'x' }), client.createMessage<RtmRawMessage>({ rawMessage: new Uint8Array(1) }), client.createMessage<RtmFileMessage>({ messageType: 'FILE', mediaId: '0' })];
  await Promise.all(all.map((message) => channel.sendMessage(message)));
  client.updateConfig({ logFilter: AgoraRTM.LOG_FILTER_OFF });
  await channel.leave();
  await client.logout();
  client.logoutSync();
}
void [main, others];

/** The types by way of the namespace and of the default import. */
export function viaNamespace(client: Namespace.RtmClient, channel: Namespace.RtmChannel): Namespace.RtmMessage[] {
  const sameClient: AgoraRTM.RtmClient = client;
  const sameChannel: AgoraRTM.RtmChannel = channel;
  const state: AgoraRTM.RtmStatusCode.ConnectionState = sameClient.connectionState;
  console.log(sameChannel.channelId, state);
  return [];
}
