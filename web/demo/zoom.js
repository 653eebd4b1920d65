/** A picture that one can enlarge and move: by wheel, by two fingers, by double click, by keys, by buttons. */

/** @typedef {{scale: number, x: number, y: number}} View scale: 1 where all of the picture is seen; x, y: how far it is moved, in pixels */
/** @typedef {{width: number, height: number}} Size in pixels */

/** How large a picture may be shown, against its own pixels and against what fits. */
const MOST = { pixels: 4, fitting: 8 };
/** How far an arrow key moves, in pixels. */
const STEP = 80;

/** The size at which all of a picture is seen; a small one is not made larger. @param {Size} picture @param {Size} stage @returns {Size} */
export function fitting({ width, height }, stage) {
  const scale = Math.min(1, stage.width / width, stage.height / height);
  return { width: width * scale, height: height * scale };
}

/**
 * A view within its bounds: not smaller than what fits, and with no gap at a side where the picture goes on.
 * @param {View} view @param {Size} fit @param {Size} stage @param {number} most
 * @returns {View}
 */
export function bounded({ scale, x, y }, fit, stage, most) {
  const bounds = Math.min(most, Math.max(1, scale));
  const [freeX, freeY] = [Math.max(0, (fit.width * bounds - stage.width) / 2), Math.max(0, (fit.height * bounds - stage.height) / 2)];
  return { scale: bounds, x: Math.min(freeX, Math.max(-freeX, x)), y: Math.min(freeY, Math.max(-freeY, y)) };
}

export class Zoom {
  /** @type {View} */
  #view = { scale: 1, x: 0, y: 0 };
  /** Where the pointers are, by id. @type {Map<number, {x: number, y: number}>} */
  #pointers = new Map();
  #moved = 0;
  /** The picture's own size, if another is shown until it is there. @type {Size | undefined} */
  own;
  /** Called after each change with the size in percent of the picture's own. @type {(percent: number) => void} */
  onchange = () => {};
  /** Called when a finger has swept over a picture that is not enlarged: -1 to the right, 1 to the left. @type {(step: number) => void} */
  onswipe = () => {};
  /** Called for a click beside the picture. */
  onoutside = () => {};

  /**
   * @param {HTMLElement} stage what the picture may fill
   * @param {HTMLImageElement} image in it
   */
  constructor(stage, image) {
    this.stage = stage;
    this.image = image;
    image.draggable = false;
    image.onload = () => this.set(this.#view);
    new ResizeObserver(() => this.set(this.#view)).observe(stage);
    stage.addEventListener('wheel', (event) => {
      event.preventDefault(); // a pinch on a touchpad comes as a wheel with Ctrl
      this.by(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.#at(event));
    }, { passive: false });
    stage.addEventListener('dblclick', (event) => event.target === image && this.toggle(this.#at(event)));
    stage.addEventListener('pointerdown', (event) => this.#down(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) stage.addEventListener(type, (event) => this.#up(event));
  }

  get enlarged() {
    return this.#view.scale > 1;
  }

  /** Shows all of the picture. */
  reset() {
    this.set({ scale: 1, x: 0, y: 0 });
  }

  /** Enlarges what is at a point, or shows all again. @param {{x: number, y: number}} [at] from the middle */
  toggle(at) {
    if (this.enlarged) this.reset();
    else this.by(Math.max(2, this.#own.width / this.#fit.width, this.#stageSize.width / this.#fit.width), at);
  }

  /**
   * Enlarges by a factor; the point stays where it is.
   * @param {number} factor
   * @param {{x: number, y: number}} [at] from the middle, in pixels
   */
  by(factor, { x, y } = { x: 0, y: 0 }) {
    const { scale } = this.#view;
    const next = Math.min(this.#most, Math.max(1, scale * factor));
    this.set({ scale: next, x: x - ((x - this.#view.x) * next) / scale, y: y - ((y - this.#view.y) * next) / scale });
  }

  /** @param {string} key @returns {boolean} whether it means something here */
  key(key) {
    const { scale, x, y } = this.#view;
    if (key === '+' || key === '=') this.by(1.5);
    else if (key === '-') this.by(1 / 1.5);
    else if (key === '0') this.reset();
    else if (!this.enlarged) return false;
    else if (key === 'ArrowLeft') this.set({ scale, x: x + STEP, y });
    else if (key === 'ArrowRight') this.set({ scale, x: x - STEP, y });
    else if (key === 'ArrowUp') this.set({ scale, x, y: y + STEP });
    else if (key === 'ArrowDown') this.set({ scale, x, y: y - STEP });
    else return false;
    return true;
  }

  /** @param {View} view */
  set(view) {
    const { image } = this;
    this.#view = view;
    if (!image.naturalWidth || !this.stage.clientWidth) return; // until it is there
    const fit = this.#fit;
    this.#view = bounded(view, fit, this.#stageSize, this.#most);
    const { scale, x, y } = this.#view;
    image.style.width = `${even(fit.width * scale)}px`;
    image.style.height = `${even(fit.height * scale)}px`;
    image.style.transform = `translate(calc(-50% + ${x}px), calc(-50% + ${y}px))`;
    this.stage.classList.toggle('enlarged', this.enlarged);
    this.onchange(Math.round((100 * fit.width * scale) / this.#own.width));
  }

  get #own() {
    return this.own ?? { width: this.image.naturalWidth, height: this.image.naturalHeight };
  }

  get #stageSize() {
    return { width: this.stage.clientWidth, height: this.stage.clientHeight };
  }

  get #fit() {
    return fitting(this.#own, this.#stageSize);
  }

  get #most() {
    return Math.max(MOST.fitting, (MOST.pixels * this.#own.width) / this.#fit.width);
  }

  /** Where an event is, from the middle of the stage. @param {{clientX: number, clientY: number}} event */
  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button) return;
    if (!this.#pointers.size) this.#moved = 0;
    this.#pointers.set(event.pointerId, this.#at(event));
    this.stage.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const from = this.#pointers.get(event.pointerId);
    if (!from) return;
    const to = this.#at(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, to);
    const { scale, x, y } = this.#view;
    if (other) {
      this.#moved = NaN; // two fingers never sweep
      const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
      this.by(distance(to, other) / Math.max(1, distance(from, other)), middle);
    } else {
      this.#moved += to.x - from.x;
      if (this.enlarged) this.set({ scale, x: x + to.x - from.x, y: y + to.y - from.y });
    }
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#pointers.delete(event.pointerId) || this.#pointers.size || event.type === 'pointercancel' || this.enlarged) return;
    if (event.pointerType === 'touch' && Math.abs(this.#moved) > 60) this.onswipe(this.#moved > 0 ? -1 : 1);
    else if (Math.abs(this.#moved) < 5 && !this.#isInPicture(event)) this.onoutside();
  }

  /** The stage has the pointer, so its event does not say. @param {PointerEvent} event */
  #isInPicture({ clientX, clientY }) {
    const { left, top, right, bottom } = this.image.getBoundingClientRect();
    return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  }
}

/** A length whose middle is a whole pixel, so that the picture covers all that is behind it. @param {number} length */
function even(length) {
  return 2 * Math.max(1, Math.floor(length / 2));
}

/**
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
