/** To be compiled only: calls, attributes and tokens. */
import AgoraRTM, { type LocalInvitation, type RemoteInvitation, type RtmClient, type RtmEvents, type RtmStatusCode } from 'rtm-wasm';

export function call(client: RtmClient, peer: string): Promise<string> {
  const invitation: LocalInvitation = client.createLocalInvitation(peer);
  invitation.content = JSON.stringify({ video: true });
  invitation.channelId = 'room';
  return new Promise((resolve, reject) => {
    const answers: Partial<RtmEvents.LocalInvitationEvents> = {
      LocalInvitationAccepted: (response) => resolve(response),
      LocalInvitationRefused: reject,
    };
    invitation.on('LocalInvitationAccepted', answers.LocalInvitationAccepted!);
    invitation.once('LocalInvitationRefused', answers.LocalInvitationRefused!);
    invitation.on('LocalInvitationFailure', (reason: RtmStatusCode.LocalInvitationFailureReason) => {
      reject(reason === AgoraRTM.LocalInvitationFailureReason.PEER_OFFLINE ? 'offline' : reason);
    });
    invitation.on('LocalInvitationReceivedByPeer', () => console.log('ringing', invitation.state === 'RECEIVED_BY_REMOTE'));
    invitation.send();
    setTimeout(() => invitation.cancel(), 30_000);
    // @ts-expect-error the answer is the callee's
    invitation.response = 'yes';
  });
}

export function answer(client: RtmClient): void {
  client.on('RemoteInvitationReceived', (invitation: RemoteInvitation) => {
    const { callerId, callId, content, channelId, state } = invitation;
    console.log(callerId, callId, content.length, channelId, state === AgoraRTM.RemoteInvitationState.INVITATION_RECEIVED);
    invitation.on('RemoteInvitationCanceled', (reason) => console.log(reason.length));
    invitation.on('RemoteInvitationAccepted', () => {}).on('RemoteInvitationFailure', (reason) => console.log(reason === 'ACCEPT_FAILURE'));
    invitation.response = 'coming';
    if (content) invitation.accept();
    else invitation.refuse();
    // @ts-expect-error the content is the caller's
    invitation.content = '';
  });
}

export async function attributes(client: RtmClient): Promise<void> {
  await client.setLocalUserAttributes({ name: 'Alice' });
  await client.addOrUpdateLocalUserAttributes({ mood: 'fine' });
  await client.deleteLocalUserAttributesByKeys(['mood']);
  await client.clearLocalUserAttributes();
  const { name } = await client.getUserAttributesByKeys('bob', ['name']);
  const theirs: { [key: string]: string } = await client.getUserAttributes('bob');
  console.log(name?.length, theirs);
  const told = { enableNotificationToChannelMembers: true };
  await client.setChannelAttributes('room', { topic: 'x' }, told);
  await client.addOrUpdateChannelAttributes('room', { topic: 'y' });
  await client.deleteChannelAttributesByKeys('room', ['topic'], told);
  await client.clearChannelAttributes('room', told);
  const { topic } = await client.getChannelAttributes('room');
  const some = await client.getChannelAttributesByKeys('room', ['topic']);
  console.log(topic?.value, topic?.lastUpdateUserId, some.topic?.lastUpdateTs.toFixed());
  // @ts-expect-error values are strings
  await client.setLocalUserAttributes({ age: 5 });
}

export async function rest(client: RtmClient, fetchToken: () => Promise<string>): Promise<void> {
  client.on('TokenExpired', async () => client.renewToken(await fetchToken()));
  client.on('TokenPrivilegeWillExpire', async () => client.renewToken(await fetchToken()));
  const counts = await client.getChannelMemberCount(['a', 'b']);
  console.log((counts.a ?? 0) + 1);
  await client.unsubscribePeersOnlineStatus(await client.queryPeersBySubscriptionOption('ONLINE_STATUS'));
  const ids: string[] = await client.queryPeersBySubscriptionOption(AgoraRTM.PeerSubscriptionOption.ONLINE_STATUS);
  await client.subscribePeersOnlineStatus(ids);
  client.setMaxListeners(0).emit('TokenExpired');
}
