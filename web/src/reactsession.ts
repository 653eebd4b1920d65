/** Who is logged in, for the hooks: brings a client to the user that the application wants. */
import { Registry, Shared } from './reactstore.ts';
import type { RtmClient, RtmError, RtmStatusCode } from './rtm.d.ts';

export type Text = string | null | undefined;

/** Who is to be logged in; see RtmUser in react.d.ts. */
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

/** Two logins of a client must be so far apart, in ms. */
const LOGIN_INTERVAL = 500;

export class Session extends Shared<SessionState> {
  /** Who is to be logged in. */
  private wanted: User | undefined;
  /** Whom the latest attempt was for. */
  private current: User | undefined;
  /** Who was wanted last, for `login()`. */
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

  /** Logs in the user of a provider, and out when it has none any more. */
  provide(user: User | undefined): void {
    if (user) void this.login(user);
    else if (this.provided) void this.logout();
    this.provided = !!user;
  }

  /** Never rejects: what went wrong is in `error`. */
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

  /** Leaves at once who is not wanted any more, also in the middle of a login. */
  private settle(): Promise<void> {
    if (this.current && this.client.connectionState !== 'DISCONNECTED') this.client.logoutSync();
    return (this.attempts ??= this.attempt());
  }

  /** Until who is wanted is logged in, or can't be. */
  private async attempt(): Promise<void> {
    await undefined; // until `attempts` is set
    while (this.current !== this.wanted) {
      const user = (this.current = this.wanted);
      try {
        if (user) await this.enter(user);
        this.set({ error: undefined });
      } catch (error) {
        if (user === this.wanted) this.set({ error: error as Error });
      }
    }
    this.attempts = undefined; // at once: whoever is wanted from here on needs another attempt
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
