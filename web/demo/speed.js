/** How fast something moves: bytes a second during the last five seconds. */
export class Speed {
  /** @type {{time: number, current: number}[]} */
  #samples = [];

  /** Notes how far it is. @param {number} current in bytes */
  note(current) {
    const time = performance.now();
    this.#samples = [...this.#samples.filter((s) => s.time > time - 5000), { time, current }];
  }

  /** Begins again. */
  reset() {
    this.#samples = [];
  }

  /** Bytes a second; undefined during the first second. */
  get rate() {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const elapsed = first ? performance.now() - first.time : 0;
    return first && last && elapsed > 1000 ? ((last.current - first.current) / elapsed) * 1000 : undefined;
  }

  /** Whether it moved and does so no more, for three seconds: the network is slow to say that it is gone. */
  get stalled() {
    const last = this.#samples.at(-1);
    return !!last && performance.now() - last.time > 3000;
  }
}
