/** Who is logged in for the hooks, however closely calls follow each other. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { RtmClient } from '../src/rtm.d.ts';
import { Session } from '../src/reactsession.ts';

/** The part of a client that a session uses; each login takes a moment. */
class Client {
  connectionState = 'DISCONNECTED';
  context = { uid: '' };
  on(): void {}
  off(): void {}

  async login({ uid }: { uid: string }): Promise<void> {
    this.connectionState = 'CONNECTING';
    this.context = { uid };
    await undefined;
    if (this.context.uid !== uid || this.connectionState !== 'CONNECTING') throw new Error('logged out');
    this.connectionState = 'CONNECTED';
  }

  logoutSync(): void {
    this.connectionState = 'DISCONNECTED';
  }
}

/** More steps than a login takes. */
const STEPS = 30;

for (const next of ['eve', undefined])
  test(`${next ?? 'nobody'} is wanted at any step of the login of another`, async () => {
    for (let steps = 0; steps < STEPS; steps++) {
      const client = new Client();
      const session = new Session(client as unknown as RtmClient, () => {});
      session.subscribe(() => {});
      const first = session.login({ uid: 'ada' });
      for (let step = 0; step < steps; step++) await undefined;
      await (next ? session.login({ uid: next }) : session.logout());
      assert.equal(client.connectionState, next ? 'CONNECTED' : 'DISCONNECTED', `after ${steps} steps`);
      if (next) assert.equal(client.context.uid, next, `after ${steps} steps`);
      await first;
    }
  });
