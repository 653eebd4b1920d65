import type { Log } from './log.ts';

type Name = string | symbol;
type Listener = (...args: any[]) => void;
/** The wrapper that `once` stores; `listeners` returns the original. */
type Stored = Listener & { listener?: Listener };

/**
 * An EventEmitter in the manner of Node, with the API's differences (2.3): a listener that
 * throws is logged and ends its emission, and `emit` returns undefined.
 */
export class Emitter {
  private readonly _events = new Map<Name, Stored[]>();

  constructor(readonly _log: Log, private _max: number) {}

  on(name: Name, listener: Listener): this {
    return this._add(name, listener, false);
  }

  addListener(name: Name, listener: Listener): this {
    return this._add(name, listener, false);
  }

  prependListener(name: Name, listener: Listener): this {
    return this._add(name, listener, true);
  }

  once(name: Name, listener: Listener): this {
    return this._add(name, this._once(name, listener), false);
  }

  prependOnceListener(name: Name, listener: Listener): this {
    return this._add(name, this._once(name, listener), true);
  }

  off(name: Name, listener: Listener): this {
    return this.removeListener(name, listener);
  }

  /** Removes the listener that was added last. */
  removeListener(name: Name, listener: Listener): this {
    mustBeFunction(listener);
    const all = this._events.get(name) || [];
    for (let i = all.length - 1; i >= 0; i--) {
      if (all[i] === listener || all[i]!.listener === listener) {
        this._set(name, all.filter((_, at) => at !== i));
        break;
      }
    }
    return this;
  }

  removeAllListeners(name?: Name): this {
    if (name === undefined) this._events.clear();
    else this._events.delete(name);
    return this;
  }

  listeners(name: Name): Listener[] {
    return this.rawListeners(name).map((stored) => (stored as Stored).listener || stored);
  }

  rawListeners(name: Name): Listener[] {
    return [...(this._events.get(name) || [])];
  }

  listenerCount(name: Name): number {
    return this.rawListeners(name).length;
  }

  eventNames(): Name[] {
    return [...this._events.keys()];
  }

  getMaxListeners(): number {
    return this._max;
  }

  setMaxListeners(n: number): this {
    if (typeof n !== 'number' || !(n >= 0)) throw new RangeError('setMaxListeners needs a number, 0 or more');
    this._max = n;
    return this;
  }

  /** Calls the current listeners, also if they add or remove some. */
  emit(name: Name, ...args: unknown[]): void {
    try {
      for (const listener of this._events.get(name) || []) listener.apply(this, args);
    } catch (error) {
      this._log.error(`a listener of ${String(name)} threw`, error);
    }
  }

  private _add(name: Name, listener: Stored, first: boolean): this {
    mustBeFunction(listener);
    const all = this._events.get(name) || [];
    this._set(name, first ? [listener, ...all] : [...all, listener]);
    if (this._max && all.length === this._max) {
      console.warn(`RTM: more than ${this._max} listeners of ${String(name)}; is one added again and again?`);
    }
    return this;
  }

  private _once(name: Name, listener: Listener): Stored {
    mustBeFunction(listener);
    let called = false; // an emission that began before the removal has its own list
    const stored: Stored = (...args) => {
      if (called) return;
      called = true;
      this.removeListener(name, stored);
      listener.apply(this, args);
    };
    stored.listener = listener;
    return stored;
  }

  /** Lists are replaced, never changed, so that a running emission keeps its own list. */
  private _set(name: Name, all: Stored[]): void {
    if (all.length) this._events.set(name, all);
    else this._events.delete(name);
  }
}

function mustBeFunction(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError('the listener must be a function');
}
