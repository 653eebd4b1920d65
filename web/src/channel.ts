import type { ChannelHandle } from './bridge.ts';
import { Emitter } from './emitter.ts';
import type { RtmClient } from './client.ts';

/** A channel, as one client sees it (API 4). */
export class RtmChannel extends Emitter {
  joinState: 'LEFT' | 'JOINING' | 'JOINED' = 'LEFT';
  /** 0 until known. */
  memberCount = 0;
  readonly client: RtmClient;

  /** Applications call client.createChannel. */
  constructor(private readonly _client: RtmClient, readonly channelId: string, readonly _handle: ChannelHandle) {
    super(_client._log, 10);
    this.client = _client;
  }

  /** Keeps frameworks from wrapping the object in a proxy, and names it on the console. */
  get [Symbol.toStringTag](): string {
    return 'RtmChannel';
  }

  join(): Promise<void> {
    const { _client: client, _handle, channelId } = this;
    return client._link.request((done) => {
      client._channels.set(_handle, this);
      client._link.call('join', _handle, channelId, done);
    }, () => this._release());
  }

  leave(): Promise<void> {
    return this._request('leave');
  }

  getMembers(): Promise<string[]> {
    return this._request('members');
  }

  async sendMessage(message: unknown, options: { enableHistoricalMessaging?: boolean } = {}): Promise<void> {
    const { enableHistoricalMessaging } = options; // null is a TypeError
    const { _client: client } = this;
    return client._send(message, !!enableHistoricalMessaging, (outgoing, done) => client._link.call('sendChannel', this._handle, outgoing, done));
  }

  private _request<T>(method: 'leave' | 'members'): Promise<T> {
    return this._client._link.ask(method, this._handle);
  }

  /** The client knows its channel objects only while the core can speak of them. */
  _release(): void {
    if (this.joinState === 'LEFT') this._client._channels.delete(this._handle);
  }
}
