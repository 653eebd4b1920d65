/** A channel, for the hooks. It is joined while a component uses it, and has the members and the latest messages. */
import { Registry, Shared } from './reactstore.ts';
import type { OutgoingMessage, ReceivedMessage, ReceivedMessageProperties, RtmChannel, RtmClient, RtmError, SendMessageOptions } from './rtm.d.ts';

/** One message of the list; see ChannelEntry in react.d.ts. */
export interface Entry {
  id: number;
  message: ReceivedMessage | OutgoingMessage;
  from: string;
  at: number;
  status: 'received' | 'sending' | 'sent' | 'failed';
  error?: Error;
}

export interface ChannelState {
  state: RtmChannel['joinState'];
  members: readonly string[];
  memberCount: number;
  messages: readonly Entry[];
  error: Error | undefined;
}

const NOBODY: readonly string[] = [];
export const LEFT: ChannelState = { state: 'LEFT', members: NOBODY, memberCount: 0, messages: [], error: undefined };

/** How many messages a channel keeps unless a component asks for more. */
export const MESSAGES = 200;
/** How long after a failed join the next attempt is made, in ms. A client may join a channel twice in 5 s. */
const RETRY = 5000;
const NOT_LOGGED_IN = 102;

let lastId = 0;

export class Channel extends Shared<ChannelState> {
  /** How many messages are kept: the largest number that a component has asked for. */
  limit = MESSAGES;
  private channel: RtmChannel | undefined;
  /** The user to whom the messages in the list belong. */
  private uid = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Changes of members that came while getMembers is under way; undefined at other times. */
  private told: ((members: Set<string>) => void)[] | undefined;

  constructor(private readonly client: RtmClient, private readonly id: string, private readonly ended: () => void) {
    super(LEFT);
  }

  protected begin(): void {
    try {
      this.channel = this.client.createChannel(this.id);
    } catch (error) {
      return this.set({ error: error as Error });
    }
    this.channel.on('ChannelMessage', this.received);
    this.channel.on('MemberJoined', (uid) => this.changeMembers((members) => members.add(uid)));
    this.channel.on('MemberLeft', (uid) => this.changeMembers((members) => members.delete(uid)));
    this.channel.on('MemberCountUpdated', (memberCount) => this.set({ memberCount }));
    this.client.on('ConnectionStateChanged', this.follow);
    this.follow();
  }

  protected end(): void {
    clearTimeout(this.timer);
    this.client.off('ConnectionStateChanged', this.follow);
    const { channel } = this;
    this.channel = undefined;
    channel?.removeAllListeners();
    if (channel && channel.joinState !== 'LEFT') channel.leave().catch(() => {}); // it fails if the join under way fails
    this.ended();
  }

  /** Resolves with the entry of the message in the list, whose status is then `sent` or `failed`. */
  async send(message: OutgoingMessage | string, options?: SendMessageOptions): Promise<Entry> {
    const outgoing: OutgoingMessage = typeof message === 'string' ? { text: message, messageType: 'TEXT' } : message;
    const entry: Entry = { id: ++lastId, message: outgoing, from: this.client.context.uid, at: Date.now(), status: 'sending' };
    this.add(entry);
    const done = await this.deliver(outgoing, options).then(
      (): Entry => ({ ...entry, status: 'sent' }),
      (error): Entry => ({ ...entry, status: 'failed', error }),
    );
    this.set({ messages: this.value.messages.map((one) => (one.id === entry.id ? done : one)) });
    return done;
  }

  private async deliver(message: OutgoingMessage, options?: SendMessageOptions): Promise<void> {
    if (!this.channel) throw this.value.error ?? new Error('no component uses the channel any more');
    return this.channel.sendMessage(message, options);
  }

  private readonly follow = (): void => {
    if (this.client.connectionState === 'CONNECTED' && this.channel?.joinState === 'LEFT') void this.enter();
    else this.show();
  };

  /**
   * Joins, and reads the members. Tries again after an error, such as a rate limit, too many channels, or another object that has joined
   * the same channel.
   */
  private readonly enter = async (): Promise<void> => {
    const { channel, client } = this;
    clearTimeout(this.timer);
    if (!channel || client.connectionState !== 'CONNECTED') return;
    if (client.context.uid !== this.uid) this.set({ messages: [] });
    this.uid = client.context.uid;
    try {
      if (channel.joinState === 'LEFT') {
        const joined = channel.join();
        this.show();
        await joined;
      }
      this.show();
      await this.loadMembers(channel);
      this.set({ error: undefined });
    } catch (error) {
      if (channel !== this.channel) return;
      if ((error as RtmError).code !== NOT_LOGGED_IN) this.set({ error: error as Error }); // the next login joins again
      this.show();
      this.timer = setTimeout(this.enter, RETRY);
    }
  };

  private async loadMembers(channel: RtmChannel): Promise<void> {
    const told = (this.told = [] as ((members: Set<string>) => void)[]);
    try {
      const members = new Set(await channel.getMembers());
      for (const change of told) change(members);
      this.set({ members: [...members].sort(), memberCount: Math.max(members.size, channel.memberCount) });
    } finally {
      if (this.told === told) this.told = undefined;
    }
  }

  private changeMembers(change: (members: Set<string>) => void): void {
    if (this.told) return void this.told.push(change);
    const members = new Set(this.value.members);
    change(members);
    this.set({ members: [...members].sort() });
  }

  private show(): void {
    const state = this.channel?.joinState ?? 'LEFT';
    this.set(state === 'LEFT' ? { state, members: NOBODY, memberCount: 0 } : { state });
  }

  private readonly received = (message: ReceivedMessage, from: string, { serverReceivedTs }: ReceivedMessageProperties): void => {
    this.add({ id: ++lastId, message, from, at: serverReceivedTs, status: 'received' });
  };

  private add(entry: Entry): void {
    this.set({ messages: [...this.value.messages, entry].slice(-this.limit) });
  }
}

export const channels = new Registry((client: RtmClient, id, ended) => new Channel(client, id, ended));
