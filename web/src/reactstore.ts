/** Values that the hooks subscribe to. Components share them. A value exists while a component uses it. */

/** How long a value exists after its last subscription has ended, in ms. StrictMode and changes of route subscribe again at once. */
const GRACE = 1000;

/** A value that is replaced when it changes, as useSyncExternalStore requires. */
export abstract class Shared<T> {
  private readonly listeners = new Set<() => void>();
  private ending: ReturnType<typeof setTimeout> | undefined;
  private begun = false;

  constructor(public value: T, private readonly grace = GRACE) {}

  /** Adds a listener, and returns a function that removes it. The first one calls begin. `grace` ms after the last is removed, end is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.ending);
    this.listeners.add(listener);
    if (!this.begun) {
      this.begun = true;
      this.begin();
    }
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) this.ending = setTimeout(() => this.stop(), this.grace);
    };
  };

  /** The value, for useSyncExternalStore. */
  readonly get = (): T => this.value;

  protected abstract begin(): void;
  protected abstract end(): void;

  /** Changes some fields. If they all have the same values already, it does not call the listeners. */
  protected set(change: Partial<T>): void {
    if (Object.entries(change).every(([key, value]) => this.value[key as keyof T] === value)) return;
    this.replace({ ...this.value, ...change });
  }

  protected replace(value: T): void {
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  private stop(): void {
    this.begun = false;
    this.end();
  }
}

/** Has one value for each owner and key. Rendering only calls `peek`. A subscription calls `of`, which makes a missing value. */
export class Registry<Owner extends object, S> {
  private readonly owners = new WeakMap<Owner, Map<string, S>>();

  /** `make` makes a value. It gets a function that the value calls when it has ended. */
  constructor(private readonly make: (owner: Owner, key: string, ended: () => void) => S) {}

  peek(owner: Owner, key = ''): S | undefined {
    return this.owners.get(owner)?.get(key);
  }

  of(owner: Owner, key = ''): S {
    let values = this.owners.get(owner);
    if (!values) this.owners.set(owner, (values = new Map()));
    let value = values.get(key);
    if (!value) values.set(key, (value = this.make(owner, key, () => values.delete(key))));
    return value;
  }
}
