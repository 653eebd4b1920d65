import { toObject } from './attributes.ts';
import type { ChannelHandle, ClientEvents } from './bridge.ts';
import type { ChannelOwner } from './channel.ts';
import type { Emitter } from './emitter.ts';
import type { ConnectionChangeReason, ConnectionState } from './enums.ts';
import { RemoteInvitation, type InvitationOwner } from './invitation.ts';
import { received } from './messages.ts';
import { ONLINE_STATES, toMap } from './presence.ts';

/** What the events of the core need of a client. */
interface Told extends ChannelOwner, InvitationOwner {
  readonly emit: Emitter['emit'];
  _setState(state: ConnectionState, reason: ConnectionChangeReason): void;
  readonly _outbox?: { _pump(): void } | undefined;
}

/** Turns the events of the core into properties and events of a client. */
export function makeClientEvents(client: Told): ClientEvents {
  const { _channels, _invitations } = client;
  const emit = (handle: ChannelHandle, event: string, value: unknown) => {
    const channel = _channels.get(handle);
    if (channel) channel.emit(event, value);
  };
  return {
    state: (state, reason) => client._setState(state as any, reason as any),
    channel(handle, joinState) {
      const channel = _channels.get(handle);
      if (!channel) return;
      channel.joinState = joinState;
      channel._release();
      client._outbox?._pump(); // it may wait for the channel
    },
    peerMessage(message, peerId, serverReceivedTs, isOfflineMessage) {
      client.emit('MessageFromPeer', received(message), peerId, { serverReceivedTs, isOfflineMessage });
    },
    channelMessage(handle, message, memberId, serverReceivedTs) {
      const channel = _channels.get(handle);
      if (!channel) return;
      const args = [received(message), memberId, { serverReceivedTs, isOfflineMessage: false }];
      channel.emit('ChannelMessage', ...args);
      if (channel.joinState === 'JOINED') client.emit('ChannelMessage', ...args, channel.channelId); // else a listener has left
    },
    memberJoined: (handle, memberId) => emit(handle, 'MemberJoined', memberId),
    memberLeft: (handle, memberId) => emit(handle, 'MemberLeft', memberId),
    memberCount(handle, count) {
      const channel = _channels.get(handle);
      if (!channel || count < 0) return;
      channel.memberCount = count;
      channel.emit('MemberCountUpdated', count);
    },
    presence: (uids, states) => client.emit('PeersOnlineStatusChanged', toMap(uids, states, (s) => ONLINE_STATES[s])),
    invited(key, callerId, callId, channelId, content) {
      const invitation = new RemoteInvitation(client, key, callerId, callId, channelId, content);
      _invitations.set(key, invitation);
      client.emit('RemoteInvitationReceived', invitation);
    },
    invitation: (key, state, text) => _invitations.get(key)?._transition(state, text),
    attributesUpdated: (handle, all) => emit(handle, 'AttributesUpdated', toObject(all, true)),
    token: (event) => client.emit(event),
    log: (level, text) => client._log.write(level, text),
  };
}
