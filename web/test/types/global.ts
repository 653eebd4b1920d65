/// <reference path="../../src/rtm.d.ts" />
/** To be compiled only: a page's script without modules, where AgoraRTM is a global. */
{
  const client: AgoraRTM.RtmClient = AgoraRTM.createInstance('a'.repeat(32), { logFilter: AgoraRTM.LOG_FILTER_OFF });
  const channels = new Map<string, AgoraRTM.RtmChannel>();
  const received: AgoraRTM.RtmEvents.RtmClientEvents['MessageFromPeer'] = (message) => console.log(message.messageType);
  client.on('MessageFromPeer', received).on('ConnectionStateChanged', (state: AgoraRTM.RtmStatusCode.ConnectionState) => console.log(state));
  channels.set('room', client.createChannel('room'));
  // @ts-expect-error the object has no such member
  AgoraRTM.createClient();
}
