/** The session of a client, for the hooks. It logs in the user that the application wants, and logs out the one before. */
import { Registry, Shared } from './reactstore.ts';
import type { RtmClient, RtmError, RtmStatusCode } from './rtm.d.ts';

export type Text = string | null | undefined;

/** A user to log in; see RtmUser in react.d.ts. */
export interface User {
  uid: string;
  token?: Text | (() => Text | Promise<Text>);
}

export interface SessionState {
  state: RtmStatusCode.ConnectionState;
  reason: RtmStatusCode.ConnectionChangeReason | undefined;
  uid: string | undefined;
  error: Error | undefined;
}

export const LOGGED_OUT: SessionState = { state: 'DISCONNECTED', reason: undefined, uid: undefined, error: undefined };

/** The least time between two logins of a client, in ms. */
const LOGIN_INTERVAL = 500;

export class Session extends Shared<SessionState> {
  /** The user to log in; undefined: log out. */
  private wanted: User | undefined;
  /** The user of the latest attempt. */
  private current: User | undefined;
  /** The user of the latest login, for `login()` without an argument. */
  private latest: User | undefined;
  private attempts: Promise<void> | undefined;
  private provided = false;

  constructor(private readonly client: RtmClient, private readonly ended: () => void) {
    super(LOGGED_OUT);
  }

  protected begin(): void {
    this.client.on('ConnectionStateChanged', this.changed);
    this.client.on('TokenPrivilegeWillExpire', this.expiring);
    this.client.on('TokenExpired', this.expiring);
    this.changed(this.client.connectionState);
  }

  protected end(): void {
    void this.logout();
    this.client.off('ConnectionStateChanged', this.changed);
    this.client.off('TokenPrivilegeWillExpire', this.expiring);
    this.client.off('TokenExpired', this.expiring);
    this.ended();
  }

  /** Logs in the user of a provider. Logs out when the provider has no user any more. */
  provide(user: User | undefined): void {
    if (user) void this.login(user);
    else if (this.provided) void this.logout();
    this.provided = !!user;
  }

  /** Never rejects: if the login fails, the reason is in `error`. */
  async login(user: User | undefined = this.latest): Promise<void> {
    this.latest = user;
    const goesOn = this.attempts || /^(RE)?CONN/.test(this.value.state);
    if (!user || user.uid !== this.wanted?.uid || !goesOn) {
      this.wanted = user && { ...user };
      return this.settle();
    }
    const { token } = this.wanted;
    this.wanted.token = user.token;
    await this.attempts;
    if (typeof user.token === 'string' && user.token !== token) await this.renew();
  }

  logout(): Promise<void> {
    this.wanted = undefined;
    return this.settle();
  }

  /** Logs out the current user at once, even during a login. Then logs in the wanted user, if there is one. */
  private settle(): Promise<void> {
    if (this.current && this.client.connectionState !== 'DISCONNECTED') this.client.logoutSync();
    return (this.attempts ??= this.attempt());
  }

  /** Tries until the login of the wanted user has succeeded or failed, even if that user changes meanwhile. */
  private async attempt(): Promise<void> {
    await undefined; // the caller first sets `attempts`
    while (this.current !== this.wanted) {
      const user = (this.current = this.wanted);
      try {
        if (user) await this.enter(user);
        this.set({ error: undefined });
      } catch (error) {
        if (user === this.wanted) this.set({ error: error as Error });
      }
    }
    this.attempts = undefined; // without an await before it: a change of `wanted` after the loop needs another attempt
  }

  private async enter(user: User): Promise<void> {
    const token = await fetchToken(user);
    while (user === this.wanted) {
      try {
        return await this.client.login({ uid: user.uid, token });
      } catch (error) {
        if ((error as RtmError).name !== 'RtmInvokeTooOftenError') throw error;
        await new Promise((resolve) => setTimeout(resolve, LOGIN_INTERVAL));
      }
    }
  }

  private readonly expiring = (): void => {
    if (typeof this.wanted?.token === 'function') void this.renew();
  };

  private async renew(): Promise<void> {
    const user = this.wanted;
    try {
      const token = user && (await fetchToken(user));
      if (token && user === this.wanted) await this.client.renewToken(token);
    } catch (error) {
      if (user === this.wanted) this.set({ error: error as Error });
    }
  }

  private readonly changed = (state: SessionState['state'], reason?: SessionState['reason']): void => {
    this.set({ state, reason, uid: state === 'DISCONNECTED' ? undefined : this.client.context.uid });
  };
}

async function fetchToken({ token }: User): Promise<Text> {
  return typeof token === 'function' ? token() : token;
}

export const sessions = new Registry((client: RtmClient, _key, ended) => new Session(client, ended));
