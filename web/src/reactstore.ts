/** What the hooks subscribe to: values that components share, and that exist while somebody uses them. */

/** For how long a value outlives its last user, in ms: StrictMode and changes of route let go of it and come back at once. */
const GRACE = 1000;

/** A value that is replaced when it changes, as useSyncExternalStore wants it. */
export abstract class Shared<T> {
  private readonly listeners = new Set<() => void>();
  private ending: ReturnType<typeof setTimeout> | undefined;
  private begun = false;

  constructor(public value: T, private readonly grace = GRACE) {}

  /** Adds a user. The first one begins the work; some time after the last has gone it ends. */
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

  /** Changes some fields; without a difference nothing is rendered. */
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

/** Finds the value of an owner and a key. Rendering only looks; a subscription makes what is not there. */
export class Registry<Owner extends object, S> {
  private readonly owners = new WeakMap<Owner, Map<string, S>>();

  /** `make` gets a function to call when the value has ended. */
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
