import type { ChannelHandle, Done, Outgoing } from './bridge.ts';
import { Emitter } from './emitter.ts';
import type { CoreClient } from './coreclient.ts';
import type { Log } from './log.ts';

/** What a channel needs of its client. */
export interface ChannelOwner {
  readonly _log: Log;
  readonly _core: CoreClient;
  readonly _channels: Map<ChannelHandle, RtmChannel>;
  _send<T>(message: unknown, history: boolean, begin: (outgoing: Outgoing, done: Done<any>) => void): Promise<T>;
}

/** A channel, as one client sees it (API 4). */
export class RtmChannel extends Emitter {
  joinState: 'LEFT' | 'JOINING' | 'JOINED' = 'LEFT';
  /** 0 until known. */
  memberCount = 0;
  readonly client: ChannelOwner;

  /** Applications call client.createChannel. */
  constructor(private readonly _client: ChannelOwner, readonly channelId: string, readonly _handle: ChannelHandle) {
    super(_client._log, 10);
    this.client = _client;
  }

  /** Prevents frameworks from wrapping the object in a proxy, and is its name on the console. */
  get [Symbol.toStringTag](): string {
    return 'RtmChannel';
  }

  join(): Promise<void> {
    const { _client: client, _handle, channelId } = this;
    return client._core.request((done) => {
      client._channels.set(_handle, this);
      client._core.call('join', _handle, channelId, done);
    }, () => this._release());
  }

  leave(): Promise<void> {
    return this._client._core.ask('leave', this._handle);
  }

  getMembers(): Promise<string[]> {
    return this._client._core.ask('members', this._handle);
  }

  async sendMessage(message: unknown, options: { enableHistoricalMessaging?: boolean } = {}): Promise<void> {
    const { enableHistoricalMessaging } = options; // null is a TypeError
    const { _client: client } = this;
    return client._send(message, !!enableHistoricalMessaging, (outgoing, done) => client._core.call('sendChannel', this._handle, outgoing, done));
  }

  /** The client has its channel objects only while the core can have events for them. */
  _release(): void {
    if (this.joinState === 'LEFT') this._client._channels.delete(this._handle);
  }
}
