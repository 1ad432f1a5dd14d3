/**
 * The picture with its drawing on top: zoom, pan, fit.
 *
 * A *view* maps the picture to the screen: x_screen = k x_px + x, with pixel centres at integers as
 * the service counts. Lines keep their width and labels their size at every zoom.
 */

import { byId } from "./dom.js";

const STEP = 1.25;
const MOST = 40;
const PIXELS_SHOWN_FROM = 3;
const MOVE_PX = 60;

export class Viewer {
  /** @param {(k: number) => void} onZoom Is told the new scale after each change. */
  constructor(onZoom) {
    this.box = byId("viewer");
    this.picture = byId("picture");
    this.overlay = byId("overlay");
    this.onZoom = onZoom;
    this.size = [1, 1];
    this.view = { k: 1, x: 0, y: 0 };
    this.whole = true;
    this.fingers = new Map();
    this.#wire();
  }

  /**
   * Show a picture.
   * @param {string|null} url Null for one that the browser cannot show.
   * @param {[number, number]} size Width and height in pixels.
   */
  show(url, size) {
    if (url) this.picture.src = url;
    else this.picture.removeAttribute("src");
    this.picture.classList.toggle("blank", !url);
    this.picture.width = size[0];
    this.picture.height = size[1];
    this.size = size;
    this.fit();
  }

  /** Put what was drawn since into its place. */
  refresh() {
    this.#set(this.view.k, this.view.x, this.view.y);
  }

  /** Show the whole picture. */
  fit() {
    this.whole = true;
    const [width, height] = this.#room();
    const k = Math.min(width / this.size[0], height / this.size[1]);
    this.#set(k, (width - k * this.size[0]) / 2, (height - k * this.size[1]) / 2);
  }

  /** Zoom by a factor, keeping one place of the screen where it is; the middle if left out. */
  zoom(factor, at = this.#room().map((side) => side / 2)) {
    const k = Math.min(Math.max(this.view.k * factor, this.#least()), MOST);
    if (k <= this.#least()) {
      this.fit();
      return;
    }
    this.whole = false;
    const ratio = k / this.view.k;
    this.#set(k, at[0] + ratio * (this.view.x - at[0]), at[1] + ratio * (this.view.y - at[1]));
  }

  /** Move the picture by screen pixels. */
  pan(dx, dy) {
    if (!this.whole) this.#set(this.view.k, this.view.x + dx, this.view.y + dy);
  }

  /** Bring a box [x0, y0, x1, y1] of the picture into sight, if it is not. */
  reveal([x0, y0, x1, y1]) {
    if (this.whole) return;
    const [width, height] = this.#room();
    const { k, x, y } = this.view;
    const inside = k * x0 + x > 0 && k * x1 + x < width && k * y0 + y > 0 && k * y1 + y < height;
    if (!inside) this.#set(k, width / 2 - (k * (x0 + x1)) / 2, height / 2 - (k * (y0 + y1)) / 2);
  }

  #room() {
    return [this.box.clientWidth, this.box.clientHeight];
  }

  #least() {
    const [width, height] = this.#room();
    return Math.min(width / this.size[0], height / this.size[1]);
  }

  #set(k, x, y) {
    const [width, height] = this.#room();
    // Hidden, or not laid out yet: the observer calls again as soon as there is room.
    if (!(width > 0 && height > 0 && k > 0)) return;
    this.view = { k, x: kept(x, k * this.size[0], width), y: kept(y, k * this.size[1], height) };
    const { view } = this;
    this.picture.style.transform = `translate(${view.x}px, ${view.y}px) scale(${k})`;
    this.picture.classList.toggle("pixels", k >= PIXELS_SHOWN_FROM);
    // The picture's corner is half a pixel before the centre of its first pixel.
    const root = this.overlay.querySelector(".root");
    root?.setAttribute("transform", `translate(${view.x + k / 2} ${view.y + k / 2}) scale(${k})`);
    this.box.classList.toggle("whole", this.whole);
    this.onZoom(k);
  }

  #wire() {
    new ResizeObserver(() => (this.whole ? this.fit() : this.refresh())).observe(this.box);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.box.addEventListener("pointerdown", (event) => this.#down(event));
    this.box.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.box.addEventListener(name, (event) => this.fingers.delete(event.pointerId));
    }
    byId("zoom-in").addEventListener("click", () => this.zoom(STEP));
    byId("zoom-out").addEventListener("click", () => this.zoom(1 / STEP));
    byId("zoom-fit").addEventListener("click", () => this.fit());
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      "0": () => this.fit(),
      "1": () => this.zoom(1 / this.view.k),
      ArrowLeft: () => this.pan(MOVE_PX, 0),
      ArrowRight: () => this.pan(-MOVE_PX, 0),
      ArrowUp: () => this.pan(0, MOVE_PX),
      ArrowDown: () => this.pan(0, -MOVE_PX),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
  }

  #wheel(event) {
    // Where the page itself scrolls, a wheel that turns over the picture must not catch it.
    const scrolls = document.documentElement.scrollHeight > innerHeight + 1;
    if (scrolls && !event.ctrlKey && this.whole) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.#place(event));
  }

  #down(event) {
    if (event.button !== 0) return;
    this.fingers.set(event.pointerId, this.#place(event));
    this.moved = 0;
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.#place(event);
    this.fingers.set(event.pointerId, now);
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    // Not before it moves: a captured pointer's click would miss the outline below it.
    if (this.moved > 4) this.box.setPointerCapture(event.pointerId);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.zoom(distance(now, other) / Math.max(distance(before, other), 1), other);
    else this.pan(now[0] - before[0], now[1] - before[1]);
  }

  #place(event) {
    const { left, top } = this.box.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }
}

function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** Keep a side of the picture in sight: centred if it is the smaller, else without a gap. */
function kept(start, length, room) {
  if (length <= room) return (room - length) / 2;
  return Math.min(Math.max(start, room - length), 0);
}
