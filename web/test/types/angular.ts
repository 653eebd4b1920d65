/** To be compiled only: an Angular service, as its users write them, with `import * as`. */
import * as AgoraRTM from 'rtm-wasm';
import type { RtmChannel, RtmClient, RtmMessage, RtmTextMessage } from 'rtm-wasm';

interface Chat {
  from: string;
  text: string;
  at: Date;
}

export class RtmService {
  private client!: RtmClient;
  private readonly channels = new Map<string, RtmChannel>();
  readonly chats: Chat[] = [];

  constructor(appId: string) {
    this.client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_WARNING });
    this.client.setParameters({ logFilter: AgoraRTM.LOG_FILTER_ERROR });
    this.client.on('ConnectionStateChanged', this.stateChanged.bind(this));
    this.client.on('MessageFromPeer', async (message, peerId) => this.add(message, peerId));
  }

  async login(uid: string, token?: string): Promise<boolean> {
    try {
      await this.client.login({ uid, token });
      return true;
    } catch (error: any) {
      if (error.code === 5 || error.code === 6) return false;
      throw error;
    }
  }

  async join(id: string): Promise<RtmChannel> {
    const channel = await this.client.createChannel(id);
    this.channels.set(id, channel);
    channel.on('ChannelMessage', (message: RtmMessage, memberId: string) => this.add(message, memberId));
    channel.on('AttributesUpdated', (attributes) => {
      for (const key of Object.keys(attributes)) console.log(attributes[key]?.value, attributes[key]?.lastUpdateTs);
    });
    await channel.join();
    return channel;
  }

  async leaveAll(): Promise<void> {
    for (const channel of this.channels.values()) {
      channel.removeAllListeners();
      await channel.leave();
    }
    this.client.eventNames().forEach((name) => this.client.removeAllListeners(name));
    await this.client.logout();
  }

  private stateChanged(state: string, reason: string): void {
    console.log(state, reason);
  }

  private add(message: RtmMessage, from: string): void {
    const { text } = message as RtmTextMessage;
    this.chats.push({ from, text, at: new Date() });
    if (message.messageType === 'IMAGE') console.log(message.width * message.height, message.fileName.length);
  }
}
