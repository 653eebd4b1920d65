/** Who of the people one writes with is online. */

/** @import { RtmClient } from '../src/rtm.d.ts' */
/** @typedef {'ONLINE' | 'UNREACHABLE' | 'OFFLINE'} State */

/** How a state is told. */
export const presenceText = { ONLINE: 'online', UNREACHABLE: 'connection lost', OFFLINE: 'offline' };

export class Presence {
  /** Those of interest; undefined until the gateway has told. @type {Map<string, State | undefined>} */
  #states = new Map();
  /** Those to be asked about with the next call: there may be ten in five seconds. @type {Set<string>} */
  #wanted = new Set();

  /**
   * @param {RtmClient} client
   * @param {(peer: string) => void} onchange
   */
  constructor(client, onchange) {
    this.client = client;
    client.on('PeersOnlineStatusChanged', (states) => {
      for (const [peer, state] of Object.entries(states)) {
        if (!this.#states.has(peer)) continue;
        this.#states.set(peer, /** @type {State} */ (state));
        onchange(peer);
      }
    });
  }

  /** @param {string} peer */
  of(peer) {
    return this.#states.get(peer);
  }

  /** Has changes of a peer told, the present state first. @param {string} peer */
  watch(peer) {
    if (this.#states.has(peer)) return;
    this.#states.set(peer, undefined);
    if (!this.#wanted.size) setTimeout(() => this.#subscribe());
    this.#wanted.add(peer);
  }

  /** @param {string} peer */
  unwatch(peer) {
    if (this.#states.delete(peer)) this.client.unsubscribePeersOnlineStatus([peer]).catch(ignore);
  }

  /** Watches the same peers after another login. */
  renew() {
    this.#wanted = new Set(this.#states.keys());
    this.#subscribe();
  }

  #subscribe() {
    const peers = [...this.#wanted].slice(0, 512); // more than that the SDK refuses
    this.#wanted.clear();
    if (peers.length) this.client.subscribePeersOnlineStatus(peers).catch(ignore);
  }
}

/** The page shows no presence then. */
function ignore() {}
