/** To be compiled only: classes around the client that are generic in the event, and maps of handlers. */
import AgoraRTM from 'rtm-wasm';
import { RtmChannel, RtmClient, RtmEvents, RtmMessage, RtmStatusCode } from 'rtm-wasm';

/** The events of the client, in an emitter of the application's own. */
export class Client {
  readonly client: RtmClient;
  private readonly channels: { [id: string]: RtmChannel } = {};
  private readonly sinks: ((name: string, ...args: unknown[]) => void)[] = [];

  constructor(appId: string) {
    this.client = AgoraRTM.createInstance(appId);
    const names: (keyof RtmEvents.RtmClientEvents)[] = ['ConnectionStateChanged', 'MessageFromPeer', 'TokenExpired'];
    names.forEach((name) => {
      this.client.on(name, (...args) => this.sinks.forEach((sink) => sink(name, ...args)));
    });
  }

  subscribe(id: string): void {
    const names = ['ChannelMessage', 'MemberJoined', 'MemberLeft'] as const;
    names.forEach((name) => this.channels[id]!.on(name, (...args: any[]) => this.sinks.forEach((sink) => sink(name, id, ...args))));
    const loose: string[] = [...names];
    loose.forEach((name) => this.channels[id]!.on(name as any, (...args: any[]) => console.log(args)));
  }
}

/** Both ways to say "a listener of this event". */
export function onClient<E extends keyof RtmEvents.RtmClientEvents>(client: RtmClient, event: E, listener: RtmEvents.RtmClientEvents[E]): () => void {
  client.on(event, listener);
  return () => void client.off(event, listener);
}

type ListenerArgs<T> = [T] extends [(...args: infer U) => any] ? U : [T] extends [void] ? [] : [T];
export function onChannel<E extends keyof RtmEvents.RtmChannelEvents>(
  channel: RtmChannel, event: E, listener: (...args: ListenerArgs<RtmEvents.RtmChannelEvents[E]>) => any,
): () => void {
  channel.on(event, listener);
  return () => void channel.removeListener(event, listener);
}
onClient(AgoraRTM.createInstance(''), 'MessageFromPeer', (message, peerId) => console.log(message.messageType, peerId.length));
// @ts-expect-error MemberJoined is told of one member
onChannel(AgoraRTM.createInstance('').createChannel(''), 'MemberJoined', (memberId: number) => console.log(memberId));

/** A map with every event that 1.4 declares is complete. */
const all: RtmEvents.RtmClientEvents = {
  ConnectionStateChanged: (state, reason) => console.log(state, reason),
  MessageFromPeer: (message, peerId, { serverReceivedTs }) => console.log(message, peerId, serverReceivedTs),
  RemoteInvitationReceived: (invitation) => invitation.accept(),
  TokenExpired: () => {},
  PeersOnlineStatusChanged: (status) => Object.values(status).filter((s) => s === 'ONLINE').length,
  FallbackProxyConnected: () => {},
};
export const listen = (client: RtmClient): void =>
  (Object.keys(all) as (keyof RtmEvents.RtmClientEvents)[]).forEach((name) => client.on(name, all[name]));

/** What the messages of a type are handled by. */
type Received = Parameters<RtmEvents.RtmClientEvents['MessageFromPeer']>[0];
type Handlers = { [T in RtmStatusCode.MessageType]?: (message: Extract<Received, { messageType: T }>) => void };
export const handlers: Handlers = {
  TEXT: ({ text }) => text.trim(),
  FILE: (message) => message.mediaId.slice(message.thumbnail.size),
  // @ts-expect-error a raw message has no mediaId
  RAW: (message) => message.mediaId,
};

/** The enums as types: of a member, of all, as keys, and of the object. */
type Connected = RtmStatusCode.ConnectionState;
export const labels: Record<Connected, string> = {
  [AgoraRTM.ConnectionState.DISCONNECTED]: 'off',
  CONNECTING: '…',
  CONNECTED: 'on',
  RECONNECTING: '…',
  ABORTED: 'elsewhere',
};
export const states: typeof RtmStatusCode.ConnectionState = AgoraRTM.ConnectionState;
export const area = 'EUROPE' as RtmStatusCode.AreaCode;
export function describe(state: RtmStatusCode.ConnectionState): string {
  switch (state) {
    case AgoraRTM.ConnectionState.CONNECTED: return 'on';
    case 'ABORTED': return 'elsewhere';
    // @ts-expect-error no such state
    case 'KICKED': return 'never';
    default: return labels[state];
  }
}
// @ts-expect-error types only: at run time the values are AgoraRTM's
export const value = RtmStatusCode.ConnectionState.CONNECTED;
// @ts-expect-error the classes are no values: clients come from createInstance
export const made = new RtmClient();
