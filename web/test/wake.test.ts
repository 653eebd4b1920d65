import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeLoader, loggedIn, makeClient } from './fake.ts';

const page = new EventTarget();
const document: Record<string, unknown> = { visibilityState: 'hidden', baseURI: 'https://page.example/', addEventListener: {} }; // an <img name="addEventListener">
const listened: string[] = [];
Object.assign(globalThis, {
  document,
  addEventListener: (type: string, listener: () => void) => {
    listened.push(type);
    page.addEventListener(type, listener);
  },
});

const wakes = (loader: FakeLoader) => loader.methods.filter((method) => method === 'wake').length;

test('a client that is reconnecting is woken when the network or the user is back', async () => {
  makeClient();
  assert.deepEqual(listened, [], 'not before a login');
  const { loader } = await loggedIn();
  await loggedIn();
  assert.deepEqual(listened, ['online', 'visibilitychange'], 'once');

  page.dispatchEvent(new Event('online'));
  assert.equal(wakes(loader), 0, 'connected');
  loader.host.state('RECONNECTING', 'INTERRUPTED');
  page.dispatchEvent(new Event('online'));
  assert.equal(wakes(loader), 1);
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(wakes(loader), 1, 'hidden');
  document.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(wakes(loader), 2);
  loader.host.state('CONNECTED', 'LOGIN_SUCCESS');
  page.dispatchEvent(new Event('online'));
  assert.equal(wakes(loader), 2, 'connected again');
});
