/** What an application of 1.4 can name (API 1.2, 2.3, 2.4, 3, 4, 5, 18), with the enum of its codes. */
const list = (prefix: string, names: string) => names.split(' ').map((name) => prefix + name);

export const members: readonly string[] = [
  ...list('', 'createInstance setArea setParameter getParameter VERSION BUILD END_CALL_PREFIX processId'),
  ...list('LOG_FILTER_', 'OFF ERROR WARNING INFO DEBUG'),
  ...list('', 'ConnectionState ConnectionChangeReason LocalInvitationState LocalInvitationFailureReason RemoteInvitationState'),
  ...list('', 'RemoteInvitationFailureReason MessageType PeerOnlineState PeerSubscriptionOption AreaCode default preload prepareImage isRtmError'),
  ...list('emitter.', 'on addListener once off removeListener removeAllListeners prependListener prependOnceListener listeners'),
  ...list('emitter.', 'rawListeners listenerCount eventNames emit setMaxListeners getMaxListeners'),
  ...list('client.', 'connectionState context login logout logoutSync destroy renewToken updateConfig setParameters createChannel'),
  ...list('client.', 'createLocalInvitation createMessage sendMessageToPeer createMediaMessageByUploading downloadMedia getMediaUrl'),
  ...list('client.', 'queryPeersOnlineStatus subscribePeersOnlineStatus unsubscribePeersOnlineStatus queryPeersBySubscriptionOption'),
  ...list('client.', 'getChannelMemberCount setLocalUserAttributes addOrUpdateLocalUserAttributes deleteLocalUserAttributesByKeys'),
  ...list('client.', 'clearLocalUserAttributes getUserAttributes getUserAttributesByKeys setChannelAttributes addOrUpdateChannelAttributes'),
  ...list('client.', 'deleteChannelAttributesByKeys clearChannelAttributes getChannelAttributes getChannelAttributesByKeys'),
  ...list('client:', 'ConnectionStateChanged MessageFromPeer RemoteInvitationReceived TokenExpired TokenPrivilegeWillExpire'),
  ...list('client:', 'PeersOnlineStatusChanged FallbackProxyConnected ChannelMessage'),
  ...list('channel.', 'channelId client joinState memberCount join leave sendMessage getMembers'),
  ...list('channel:', 'ChannelMessage MemberJoined MemberLeft MemberCountUpdated AttributesUpdated'),
  ...list('local.', 'calleeId callId content channelId response state send cancel'),
  ...list('local:', 'LocalInvitationReceivedByPeer LocalInvitationCanceled LocalInvitationAccepted LocalInvitationRefused LocalInvitationFailure'),
  ...list('remote.', 'callerId callId content channelId response state accept refuse'),
  ...list('remote:', 'RemoteInvitationCanceled RemoteInvitationRefused RemoteInvitationAccepted RemoteInvitationFailure'),
];

/** Members whose rows are still to come. */
export const pending: readonly string[] = [];

/** Members that throw inside the call; all others reject. */
export const synchronous = new Set([
  ...list('', 'createInstance setArea setParameter getParameter'),
  ...list('emitter.', 'on once off'),
  ...list('client.', 'logoutSync updateConfig setParameters createChannel createLocalInvitation createMessage'),
  ...list('local.', 'send cancel response'),
  ...list('remote.', 'accept refuse content channelId'),
]);

const attributes = members.filter((name) => /^client\..*Attributes/.test(name));

/** The enum of core/errors.json that a member's codes are of. */
export const enums: Record<string, string> = {
  createInstance: 'CreateInstanceError',
  'client.login': 'LoginError',
  'client.logout': 'LogoutError',
  'client.logoutSync': 'LogoutError',
  'client.renewToken': 'RenewTokenError',
  'client.createChannel': 'CreateChannelError',
  'client.createLocalInvitation': 'InvitationApiCallError',
  'client.sendMessageToPeer': 'PeerMessageError',
  'client.createMediaMessageByUploading': 'UploadMediaError',
  prepareImage: 'UploadMediaError',
  'client.downloadMedia': 'DownloadMediaError',
  'client.getMediaUrl': 'DownloadMediaError',
  'client.queryPeersOnlineStatus': 'QueryPeersOnlineStatusError',
  'client.subscribePeersOnlineStatus': 'PeerSubscriptionStatusError',
  'client.unsubscribePeersOnlineStatus': 'PeerSubscriptionStatusError',
  'client.queryPeersBySubscriptionOption': 'PeerSubscriptionStatusError',
  'client.getChannelMemberCount': 'GetChannelMemberCountErrCode',
  ...Object.fromEntries(attributes.map((name) => [name, 'AttributeOperationError'])),
  'channel.join': 'JoinChannelError',
  'channel.leave': 'LeaveChannelError',
  'channel.sendMessage': 'ChannelMessageError',
  'channel.getMembers': 'GetMembersError',
  ...Object.fromEntries(list('local.', 'send cancel response').concat(list('remote.', 'accept refuse content channelId')).map((name) => [name, 'InvitationApiCallError'])),
};
