/** To be compiled only: hooks around the client; useEffect and useState stand for those of a framework. */
import AgoraRTM, { type RtmClient, type RtmEvents, type RtmFileMessage, type RtmImageMessage, type RtmMessage, type RtmStatusCode } from 'rtm-wasm';

declare function useEffect(effect: () => (() => void) | void, deps: readonly unknown[]): void;
declare function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];

export function useConnectionState(client: RtmClient): RtmStatusCode.ConnectionState {
  const [state, setState] = useState<RtmStatusCode.ConnectionState>('DISCONNECTED');
  useEffect(() => {
    const changed: RtmEvents.RtmClientEvents['ConnectionStateChanged'] = (next) => setState(next);
    client.on('ConnectionStateChanged', changed);
    return () => {
      client.off('ConnectionStateChanged', changed);
    };
  }, [client]);
  return state;
}

export function useMessages(client: RtmClient, channelId: string): RtmMessage[] {
  const [messages, setMessages] = useState<RtmMessage[]>([]);
  useEffect(() => {
    const channel = client.createChannel(channelId);
    channel.on('ChannelMessage', (message) => setMessages((before) => [...before, message]));
    channel.on('MemberCountUpdated', (count) => console.log(count.toFixed()));
    void channel.join();
    return () => void channel.leave();
  }, [client, channelId]);
  return messages;
}

export function usePresence(client: RtmClient, ids: string[]): Record<string, boolean> {
  const [online, setOnline] = useState<Record<string, boolean>>({});
  useEffect(() => {
    client.queryPeersOnlineStatus(ids).then(setOnline);
    void client.subscribePeersOnlineStatus(ids);
    client.on('PeersOnlineStatusChanged', (status) => {
      for (const [id, state] of Object.entries(status)) setOnline((before) => ({ ...before, [id]: state !== 'OFFLINE' }));
    });
  }, [client, ...ids]);
  return online;
}

/** Received messages, by kind: by messageType, by key, and by what is there. */
export function show(client: RtmClient): void {
  client.on('MessageFromPeer', (message, _peer, props) => {
    console.log(new Date(props.serverReceivedTs), props.isOfflineMessage || message.description);
    if (message.messageType === AgoraRTM.MessageType.IMAGE) {
      return URL.createObjectURL(message.thumbnail) + message.thumbnailWidth + message.thumbnailData.size;
    }
    if ('mediaId' in message) return client.downloadMedia(message.mediaId).then((blob) => blob.size + message.size);
    if (message.rawMessage) return new TextDecoder().decode(message.rawMessage) + message.description.length;
    return message.text.length;
  });
  client.on('MessageFromPeer', ({ text, messageType }, peerId) => console.log(messageType, text?.length, peerId));
}

export async function share(client: RtmClient, file: File, controller: AbortController): Promise<RtmMessage[]> {
  const image: RtmImageMessage = await client.createMediaMessageByUploading(file, {
    messageType: 'IMAGE', fileName: file.name, description: '', thumbnail: file, width: 100, height: 200, size: file.size,
  }, { cancelSignal: controller.signal, onOperationProgress: ({ currentSize, totalSize }) => console.log(currentSize / totalSize) });
  const given: Partial<RtmFileMessage> = { messageType: 'FILE', fileName: file.name };
  const uploaded: RtmFileMessage = await client.createMediaMessageByUploading(file, given);
  const generic = await client.createMediaMessageByUploading<RtmImageMessage>(file, { messageType: 'IMAGE' });
  const made = client.createMessage<RtmFileMessage>({ messageType: 'FILE', mediaId: uploaded.mediaId });
  await client.sendMessageToPeer({ messageType: 'FILE', mediaId: made.mediaId }, 'bob', { enableOfflineMessaging: true, enableHistoricalMessaging: false });
  await client.sendMessageToPeer({ ...image, description: 'again' }, 'bob');
  // @ts-expect-error a media message needs its mediaId
  await client.sendMessageToPeer({ messageType: 'FILE' }, 'bob');
  // @ts-expect-error either a text or bytes
  await client.sendMessageToPeer({ text: 'a', rawMessage: new Uint8Array(1) }, 'bob');
  // @ts-expect-error an ArrayBuffer is not accepted
  await client.sendMessageToPeer({ rawMessage: new ArrayBuffer(1) }, 'bob');
  return [image, uploaded, generic, made];
}
