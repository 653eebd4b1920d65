/**
 * Call invitations (API 5). The core runs the calls. This file has the properties, and the checks
 * that throw: they must work even if the core is not loaded yet.
 */
import { ID_RULE, isId, utf8Length } from './checks.ts';
import { InvitationApiCallError as Code } from './codes.ts';
import { Emitter } from './emitter.ts';
import type { ConnectionState } from './enums.ts';
import { failed, invalidArgument, mustBe } from './errors.ts';
import { Limit } from './limits.ts';
import type { CoreClient } from './coreclient.ts';
import type { Log } from './log.ts';
import { uuid } from './uuid.ts';

/** The members of a client that an invitation needs. */
export interface InvitationOwner {
  readonly connectionState: ConnectionState;
  readonly _log: Log;
  readonly _core: CoreClient;
  readonly _invitations: Map<string, Invitation>;
}

const UNFINISHED = /^(IDLE|(SENT_TO|RECEIVED_BY)_REMOTE|INVITATION_RECEIVED|ACCEPT_SENT_TO_LOCAL)$/;
/** The end of the event name, for each state that has an event. */
const EVENTS: Record<string, string> = {
  RECEIVED_BY_REMOTE: 'ReceivedByPeer', ACCEPTED_BY_REMOTE: 'Accepted', REFUSED_BY_REMOTE: 'Refused',
  ACCEPTED: 'Accepted', REFUSED: 'Refused', CANCELED: 'Canceled', FAILURE: 'Failure',
};

/** The common part of both sides. */
export abstract class Invitation extends Emitter {
  /** The key of the call in the core; undefined before the core has the call. */
  _key: string | undefined;
  protected abstract readonly _side: 'Local' | 'Remote';

  constructor(readonly _client: InvitationOwner, readonly callId: string, public state: string) {
    super(_client._log, 10);
  }

  /** Keeps frameworks from wrapping the object in a proxy. Consoles show it as the name. */
  get [Symbol.toStringTag](): string {
    return this._side + 'Invitation';
  }

  /** Sets the state and emits its event. `text` is the response, content or reason. */
  _transition(state: string, text: string): void {
    if (state === this.state) return;
    this.state = state;
    if (!UNFINISHED.test(state)) this._client._invitations.delete(this._key!);
    const told = state === 'FAILURE' || this._storeText(state, text);
    if (EVENTS[state]) this.emit(`${this._side}Invitation${EVENTS[state]}`, ...(told ? [text] : []));
  }

  /** Stores the text of a state. Returns whether the event has it as an argument. */
  protected abstract _storeText(state: string, text: string): boolean;

  /** Throws if the state does not allow a method. `wrong` is the code for a state that is not final, or false. */
  protected _checkState(wrong: number | false): void {
    const code = UNFINISHED.test(this.state) ? wrong : Code.INVITATION_API_CALL_ERR_ALREADY_END;
    if (code) throw failed('RtmInvalidStatusError', code, `the invitation is ${this.state}`);
  }

  /** Throws if the text is not a string, or too long. */
  protected _checkText(field: 'content' | 'response', text: unknown): void {
    if (typeof text !== 'string' || utf8Length(text) > Limit.MAX_INVITATION_BYTES) throw wrongArgument(field, `a string of at most ${Limit.MAX_INVITATION_BYTES} bytes`, text);
  }
}

/** The caller's side (API 5.1). */
export class LocalInvitation extends Invitation {
  content = '';
  protected readonly _side = 'Local';
  private _channelId = '';
  private _response = '';

  /** Applications call client.createLocalInvitation. */
  constructor(client: InvitationOwner, readonly calleeId: string) {
    super(client, uuid(), 'IDLE');
  }

  get channelId(): string {
    return this._channelId;
  }

  /** No effect after send. */
  set channelId(channelId: string) {
    if (this.state === 'IDLE') this._channelId = channelId;
  }

  get response(): string {
    return this._response;
  }

  set response(_: string) {
    throw readOnly('response');
  }

  send(): void {
    const { _client: client, _channelId: channelId, content } = this;
    this._checkState(this.state !== 'IDLE' && Code.INVITATION_API_CALL_ERR_ALREADY_SENT);
    if (channelId && !isId(channelId)) throw wrongArgument('channelId', `empty or ${ID_RULE}`, channelId);
    this._checkText('content', content);
    this.state = 'SENT_TO_REMOTE';
    if (/^(RE)?CONNECT(ED|ING)$/.test(client.connectionState)) {
      this._key = client._core.call('invite', this.calleeId, this.callId, channelId || '', content);
    }
    if (this._key) client._invitations.set(this._key, this);
    else setTimeout(() => this.state === 'SENT_TO_REMOTE' && this._transition('FAILURE', 'NOT_LOGGEDIN'));
  }

  cancel(): void {
    this._checkState(this.state === 'IDLE' && Code.INVITATION_API_CALL_ERR_NOT_STARTED);
    this._checkText('content', this.content);
    if (this._key) this._client._core.call('cancelCall', this._key, this.content);
    else this._transition('CANCELED', '');
  }

  protected _storeText(state: string, text: string): boolean {
    const answered = /^(ACCEPT|REFUS)ED/.test(state);
    if (answered) this._response = text;
    return answered;
  }
}

/** The callee's side (API 5.2). */
export class RemoteInvitation extends Invitation {
  response = '';
  protected readonly _side = 'Remote';

  /** The client makes it, for RemoteInvitationReceived. */
  constructor(
    client: InvitationOwner, override readonly _key: string, readonly callerId: string, callId: string,
    private readonly _channelId: string, private _content: string,
  ) {
    super(client, callId, 'INVITATION_RECEIVED');
  }

  get channelId(): string {
    return this._channelId;
  }

  set channelId(_: string) {
    throw readOnly('channelId');
  }

  get content(): string {
    return this._content;
  }

  set content(_: string) {
    throw readOnly('content');
  }

  accept(): void {
    this._answer('accept');
  }

  refuse(): void {
    this._answer('refuse');
  }

  private _answer(method: 'accept' | 'refuse'): void {
    this._checkState(this.state !== 'INVITATION_RECEIVED' && Code.INVITATION_API_CALL_ERR_ALREADY_ACCEPT);
    this._checkText('response', this.response);
    this._client._core.call(method, this._key, this.response);
  }

  protected _storeText(state: string, text: string): boolean {
    const canceled = state === 'CANCELED';
    if (canceled) this._content = text;
    return canceled;
  }
}

function wrongArgument(field: string, wanted: string, value: unknown): Error {
  return invalidArgument(Code.INVITATION_API_CALL_ERR_INVALID_ARGUMENT, mustBe(field, wanted, value));
}

function readOnly(field: string): Error {
  return invalidArgument(Code.INVITATION_API_CALL_ERR_INVALID_ARGUMENT, `${field} can't be set on this side of an invitation`);
}
