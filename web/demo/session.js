/** One person signed in: the SDK's client with its outbox, and the channels to leave at the end. */

/** @import { ReceivedMessage, RtmChannel, RtmClient, RtmStatusCode } from '../src/rtm.d.ts' */
/** @import { Settings } from './settings.js' */

/**
 * @typedef {object} Handlers
 * @property {(state: RtmStatusCode.ConnectionState, reason: RtmStatusCode.ConnectionChangeReason) => void} onState
 * @property {(message: ReceivedMessage, peer: string, time: number) => void} onPeerMessage time in ms since 1970
 */

export class Session {
  /** Those joined, by name. @type {Map<string, RtmChannel>} */
  #channels = new Map();

  /**
   * Throws what createInstance throws: for an app id that is not 32 letters and digits, and for
   * an address that is none.
   * @param {Settings} settings
   * @param {Handlers} handlers
   */
  constructor({ uid, appId, gateway, token }, { onState, onPeerMessage }) {
    this.uid = uid;
    this.appId = appId;
    /** Names whose messages this browser keeps. */
    this.account = `${gateway || location.origin} ${appId} ${uid}`;
    this.token = token || undefined;
    /** @type {RtmClient} */
    this.client = AgoraRTM.createInstance(appId, { logFilter: AgoraRTM.LOG_FILTER_WARNING, ...(gateway && { gateway }) });
    // Before the login, so that what an earlier page has left is sent at once.
    this.outbox = /** @type {typeof import('../package/outbox.d.ts')} */ (/** @type {unknown} */ (AgoraRTM)).openOutbox(this.client);
    this.client.on('ConnectionStateChanged', onState);
    this.client.on('MessageFromPeer', (message, peer, props) => onPeerMessage(message, peer, props.serverReceivedTs));
  }

  login() {
    return this.client.login({ uid: this.uid, token: this.token });
  }

  /** After another login took this one's place: the only way out of ABORTED is logout. */
  async loginAgain() {
    if (this.client.connectionState !== 'DISCONNECTED') await this.client.logout();
    await this.login();
    await Promise.allSettled([...this.#channels.values()].map((channel) => channel.join()));
  }

  /**
   * Joins a channel. Its events come in later tasks, so there is time to listen to them.
   * @param {string} name
   */
  async join(name) {
    const channel = this.client.createChannel(name);
    await channel.join();
    this.#channels.set(name, channel);
    return channel;
  }

  /** A channel that was joined, or one that refuses to send. @param {string} name */
  channel(name) {
    return this.#channels.get(name) ?? this.client.createChannel(name);
  }

  /** @param {RtmChannel} channel */
  leave(channel) {
    this.#channels.delete(channel.channelId);
    return channel.leave().catch(ignore);
  }

  /**
   * The SDK hands its packets to the socket inside these calls, so this works while the page
   * goes away, when nothing that is awaited goes on.
   */
  end() {
    for (const channel of this.#channels.values()) channel.leave().catch(ignore);
    this.#channels.clear();
    return this.client.logout().catch(ignore);
  }

  /** Ends for good: neither the session nor its client can be used afterwards. */
  async destroy() {
    await this.end();
    await this.client.destroy();
  }
}

/** Leaving what one is not in, or no longer in, is no trouble. */
function ignore() {}
