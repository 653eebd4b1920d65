import { PresenceState, type Done, type Failure, type ClientEvents, type Outgoing, type Progress } from './bridge.ts';
import { AttributeMethods } from './attributes.ts';
import { RtmChannel } from './channel.ts';
import { cut, listOf, loginArguments, mustBeId } from './checks.ts';
import { LoginError, PeerSubscriptionStatusError } from './codes.ts';
import type { ConnectionChangeReason, ConnectionState, LogFilter } from './enums.ts';
import { failed, invalidArgument, mustBe, notLoggedIn, rtmError } from './errors.ts';
import { makeClientEvents } from './clientevents.ts';
import { LocalInvitation, type Invitation } from './invitation.ts';
import { Limit } from './limits.ts';
import { CoreClient } from './coreclient.ts';
import type { Loader } from './loader.ts';
import { Log, mask } from './log.ts';
import { handlerArgument, mediaIdArgument, mediaUrlArguments, uploadArguments, TransferControl, type Handler, type MediaUrlOptions } from './media.ts';
import { createMessage, normalise, readThumbnail } from './messages.ts';
import { prepareUpload } from './pictures.ts';
import { toMap } from './presence.ts';
import { uuid } from './uuid.ts';
import { keepInUse, watchPage } from './wake.ts';

/** The configuration of a client (API 1.3), and where its gateway is. */
export interface Config {
  enableLogUpload?: boolean;
  logFilter?: Partial<LogFilter>;
  enableCloudProxy?: boolean;
  gateway?: string;
  [unknown: string]: unknown;
}

/** The client of the API (section 3). */
export class RtmClient extends AttributeMethods {
  /** Is destroy: see the end of this file. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  connectionState: ConnectionState = 'DISCONNECTED';
  /** Not documented, but read by applications: the user and a number of the last login. */
  readonly context: { uid: string; sid: string } = { uid: '', sid: '' };

  /** For this package: channels that are joined, joining or about to join, by handle. */
  readonly _channels = new Map<number, RtmChannel>();
  /** For this package: calls that the core has. */
  readonly _invitations = new Map<string, Invitation>();
  readonly _core: CoreClient;
  /** For this package: the open outbox, if any. It is called directly so that removeAllListeners() does not stop it. */
  declare _outbox?: { _follow(): void; _pump(): void; _end(): void } | undefined;
  private _lastHandle = 0;
  private _lastLogin = -Infinity;
  /** Settles the login that shows CONNECTING but is not with the core yet. */
  private _pendingLogin: Done | undefined;
  /** What that login gave the application. */
  private _loginPromise: Promise<void> | undefined;
  private _openingTimer: ReturnType<typeof setTimeout> | undefined;
  /** The last send that waits for its thumbnail to be read. */
  private _reading: Promise<void> | undefined;

  /** Applications call createInstance; `n` counts the instances. */
  constructor(readonly _appId: string, private readonly _config: Config, n: number, loader: Loader) {
    super(new Log(n, _config), 512);
    const host: ClientEvents = makeClientEvents(this);
    this._core = new CoreClient(loader, _appId, _config, host, (settle) => this._crashed(settle));
  }

  /** Prevents frameworks from wrapping the object in a proxy, and is its name on the console. */
  get [Symbol.toStringTag](): string {
    return 'RtmClient';
  }

  /* The methods below do their work inside the call: an async function runs up to its first await. */

  async login(options: unknown): Promise<void> {
    const { uid, token } = loginArguments(options, this._appId);
    this._checkLogin();
    this.context.uid = uid;
    this.context.sid = uuid();
    watchPage();
    this._log.info(`login as ${mask(uid)}, ${token ? 'with' : 'without'} a token`);
    const { promise, done } = this._core.createDeferred<void>();
    promise.catch((error) => this._log.write(3, `login failed:${error.message}`));
    const fail = (reason: ConnectionChangeReason, failure: Failure) => this._ifOpening(done, () => {
      this._setState('DISCONNECTED', reason);
      done(failure);
    });
    this._openingTimer = setTimeout(() => fail('LOGIN_TIMEOUT', {
      name: 'RtmTimeoutError', code: LoginError.LOGIN_ERR_TIMEOUT, text: 'rtm.wasm was not loaded within 12 s; the next login goes on with it',
    }), Limit.LOGIN_TIMEOUT);
    this._pendingLogin = done;
    this._loginPromise = promise;
    this._core.readdress();
    this._setState('CONNECTING', 'LOGIN');
    this._core.queue(
      () => this._ifOpening(done, () => this._core.call('login', uid, token, done)),
      (failure) => fail('LOGIN_FAILURE', failure),
    );
    return promise;
  }

  async logout(): Promise<void> {
    this._mustNotBeLoggedOut();
    if (this._pendingLogin) await this._loginPromise; // the program may never come
    return this._core.ask('logout');
  }

  logoutSync(): void {
    this._mustNotBeLoggedOut();
    if (this._abandonLogin()) return;
    const failure = this._core.call('logoutSync');
    if (failure) throw rtmError(failure);
  }

  /** Logs out at once, removes all listeners, and removes the client from the core. */
  async destroy(): Promise<void> {
    const parts = [...this._channels.values(), ...this._invitations.values()];
    if (this.connectionState !== 'DISCONNECTED') this.logoutSync();
    for (const one of [this, ...parts]) one.removeAllListeners();
    this._outbox?._end();
    this._core.end();
  }

  async renewToken(token: string): Promise<void> {
    return this._core.ask('renewToken', cut(token));
  }

  updateConfig(config: Config): void {
    for (const [key, value] of Object.entries(config)) if (value != null) this._config[key] = value;
  }

  setParameters(config: Config): void {
    this.updateConfig(config);
  }

  createChannel(channelId: string): RtmChannel {
    mustBeId('channelId', channelId);
    return new RtmChannel(this, channelId, ++this._lastHandle);
  }

  createLocalInvitation(calleeId: string): LocalInvitation {
    mustBeId('calleeId', calleeId);
    return new LocalInvitation(this, calleeId);
  }

  createMessage(message: unknown): unknown {
    return createMessage(message);
  }

  async sendMessageToPeer(message: unknown, peerId: string, options: { enableOfflineMessaging?: boolean; enableHistoricalMessaging?: boolean } = {}): Promise<{ hasPeerReceived: boolean }> {
    const { enableOfflineMessaging, enableHistoricalMessaging } = options; // null is a TypeError
    const peer = cut(peerId);
    const hasPeerReceived = await this._send<boolean>(message, !!enableHistoricalMessaging, (outgoing, done) =>
      this._core.call('sendPeer', peer, outgoing, !!enableOfflineMessaging, done));
    return { hasPeerReceived };
  }

  async queryPeersOnlineStatus(peerIds: string[]): Promise<{ [peerId: string]: boolean }> {
    const [uids, states] = await this._core.ask<[string[], PresenceState[]]>('queryPeers', listOf(peerIds));
    return toMap(uids, states, (state) => state !== PresenceState.OFFLINE);
  }

  async subscribePeersOnlineStatus(peerIds: string[]): Promise<void> {
    return this._core.ask('subscribePeers', listOf(peerIds));
  }

  async unsubscribePeersOnlineStatus(peerIds: string[]): Promise<void> {
    return this._core.ask('unsubscribePeers', listOf(peerIds));
  }

  async queryPeersBySubscriptionOption(option: string): Promise<string[]> {
    if (this.connectionState === 'CONNECTED' && option !== 'ONLINE_STATUS') {
      throw invalidArgument(PeerSubscriptionStatusError.PEER_SUBSCRIPTION_STATUS_ERR_INVALID_ARGUMENT, mustBe('the option', 'ONLINE_STATUS', option));
    }
    return this._core.ask('subscribedPeers', []);
  }

  async getChannelMemberCount(channelIds: string[]): Promise<{ [channelId: string]: number }> {
    const ids = listOf(channelIds);
    return toMap(ids, await this._core.ask<number[]>('counts', ids), (n) => n);
  }

  async createMediaMessageByUploading(payload: Blob, params: unknown = {}, handler?: unknown): Promise<object> {
    let upload = uploadArguments(payload, params, handler);
    if ((params as any).prepare) upload = await prepareUpload(upload, params as any);
    return upload.message(await this._transfer(upload.handler, (task, progress, done) =>
      this._core.call('upload', task, upload.payload, upload.params, progress, done)));
  }

  async downloadMedia(mediaId: string, handler?: unknown): Promise<Blob> {
    const id = mediaIdArgument(mediaId);
    return this._transfer(handlerArgument(handler), (task, progress, done) =>
      this._core.call('download', task, id, progress, done));
  }

  async getMediaUrl(mediaId: string, options: MediaUrlOptions = {}): Promise<string> {
    return this._core.ask('mediaUrl', mediaIdArgument(mediaId), ...mediaUrlArguments(options));
  }

  /**
   * Passes a message to the core, in the order of the calls: at once, unless it or an earlier one waits for
   * its thumbnail.
   */
  _send<T>(message: unknown, history: boolean, begin: (outgoing: Outgoing, done: Done<any>) => void): Promise<T> {
    const normalised = normalise(message);
    if (history) normalised.outgoing.history = true;
    const go = () => this._core.request<T>((done) => begin(normalised.outgoing, done));
    if (!this._reading && !normalised.thumbnail) return go();
    return new Promise((resolve) => {
      const turn = Promise.all([this._reading, readThumbnail(normalised)]).then(() => {
        if (this._reading === turn) this._reading = undefined;
        resolve(go());
      });
      this._reading = turn;
    });
  }

  /** Changes the state and emits the event, except for the CONNECTING of the core after that of login. */
  _setState(state: ConnectionState, reason: ConnectionChangeReason): void {
    if (state === 'CONNECTING' && this.connectionState === state) return;
    this.connectionState = state;
    keepInUse(this);
    this._log.info(`connection state ${state}, ${reason}`);
    this.emit('ConnectionStateChanged', state, reason);
    this._outbox?._follow();
  }

  private _checkLogin(): void {
    const now = performance.now();
    if (now - this._lastLogin < Limit.LOGIN_INTERVAL) {
      throw failed('RtmInvokeTooOftenError', LoginError.LOGIN_ERR_TOO_OFTEN, 'login may be called twice a second at most');
    }
    this._lastLogin = now;
    if (this.connectionState !== 'DISCONNECTED') {
      throw failed('RtmInvalidStatusError', LoginError.LOGIN_ERR_ALREADY_LOGIN, `already logged in, or logging in (${this.connectionState}); log out first`);
    }
  }

  private _ifOpening(done: Done, then: () => void): void {
    if (this._pendingLogin !== done) return;
    this._pendingLogin = undefined;
    clearTimeout(this._openingTimer);
    then();
  }

  private _mustNotBeLoggedOut(): void {
    if (this.connectionState === 'DISCONNECTED') throw notLoggedIn();
  }

  /** Ends a login that the core does not have yet; false if there is no such login. */
  private _abandonLogin(): boolean {
    const done = this._pendingLogin;
    if (!done) return false;
    this._ifOpening(done, () => {
      this._setState('DISCONNECTED', 'LOGOUT');
      done({
        name: 'RtmInterruptedError',
        code: LoginError.LOGIN_ERR_ABORTED_BY_LOGOUT,
        text: 'logged out before the login was answered',
      });
    });
    return true;
  }

  /** Runs a media task of the core. */
  _transfer<T>(handler: Handler, begin: (task: number, progress: Progress, done: Done<any>) => void): Promise<T> {
    const task = ++this._lastHandle;
    const watch = new TransferControl(handler, this._log);
    return this._core.request<T>((done) => {
      begin(task, watch.progress, done);
      watch.begun(() => this._core.call('cancel', task));
    }, watch.end);
  }

  /** The program ended: a clean state, from which login starts a new one. */
  private _crashed(settle: () => void): void {
    this._pendingLogin = undefined;
    clearTimeout(this._openingTimer);
    for (const channel of this._channels.values()) channel.joinState = 'LEFT';
    this._channels.clear();
    for (const invitation of this._invitations.values()) invitation._transition('FAILURE', 'UNKNOWN');
    settle();
    if (this.connectionState !== 'DISCONNECTED') this._setState('DISCONNECTED', 'INTERRUPTED');
  }
}

// For `await using`, where the engine or a polyfill that came before knows it.
const { asyncDispose } = Symbol as { asyncDispose?: symbol };
if (asyncDispose) Object.defineProperty(RtmClient.prototype, asyncDispose, { value: RtmClient.prototype.destroy });
