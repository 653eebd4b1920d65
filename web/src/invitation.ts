/**
 * Call invitations (API 5). The course of a call is the core's; here are the properties and
 * what throws inside a call, which must work before the core is loaded too.
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

/** What an invitation needs of its client. */
export interface InvitationOwner {
  readonly connectionState: ConnectionState;
  readonly _log: Log;
  readonly _core: CoreClient;
  readonly _invitations: Map<string, Invitation>;
}

const UNFINISHED = /^(IDLE|(SENT_TO|RECEIVED_BY)_REMOTE|INVITATION_RECEIVED|ACCEPT_SENT_TO_LOCAL)$/;
/** What the events of the states end in. */
const EVENTS: Record<string, string> = {
  RECEIVED_BY_REMOTE: 'ReceivedByPeer', ACCEPTED_BY_REMOTE: 'Accepted', REFUSED_BY_REMOTE: 'Refused',
  ACCEPTED: 'Accepted', REFUSED: 'Refused', CANCELED: 'Canceled', FAILURE: 'Failure',
};

/** What both sides have in common. */
export abstract class Invitation extends Emitter {
  /** Names the call towards the core, while that has it. */
  _key: string | undefined;
  protected abstract readonly _side: 'Local' | 'Remote';

  constructor(readonly _client: InvitationOwner, readonly callId: string, public state: string) {
    super(_client._log, 10);
  }

  /** Keeps frameworks from wrapping the object in a proxy, and names it on the console. */
  get [Symbol.toStringTag](): string {
    return this._side + 'Invitation';
  }

  /** The state changed; `text` is its response, content or reason. */
  _transition(state: string, text: string): void {
    if (state === this.state) return;
    this.state = state;
    if (!UNFINISHED.test(state)) this._client._invitations.delete(this._key!);
    const told = state === 'FAILURE' || this._storeText(state, text);
    if (EVENTS[state]) this.emit(`${this._side}Invitation${EVENTS[state]}`, ...(told ? [text] : []));
  }

  /** Keeps the text of a state, and tells whether the event brings it too. */
  protected abstract _storeText(state: string, text: string): boolean;

  /** Throws if the state stands against a method; `wrong` is the code of one that is not final. */
  protected _checkState(wrong: number | false): void {
    const code = UNFINISHED.test(this.state) ? wrong : Code.INVITATION_API_CALL_ERR_ALREADY_END;
    if (code) throw failed('RtmInvalidStatusError', code, `the invitation is ${this.state}`);
  }

  /** Throws if the text can't be sent. */
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

  /** Without effect once it is sent. */
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
