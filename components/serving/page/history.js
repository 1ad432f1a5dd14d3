/** The pictures of this session, kept in this tab only: newest first, a bounded number. */

import { byId, make } from "./dom.js";
import { inShort, verdictCounts } from "./words.js";

const MOST = 40;
const THUMBNAIL_PX = 160;

/**
 * One picture and what was said about it.
 * @typedef {{name: string, picture: Blob, url: string, size: [number, number]|null,
 *   when: Date, answer: Object|null, problem: Object|null, asking: AbortController|null,
 *   thumbnail: string|null}} Entry
 */

export class History {
  /** @param {(entry: Entry) => void} onOpen Is told which picture was chosen. */
  constructor(onOpen) {
    this.entries = [];
    this.onOpen = onOpen;
    byId("history-clear").addEventListener("click", () => this.clear());
  }

  /** Add a picture and return its entry. */
  async add(picture) {
    const url = URL.createObjectURL(picture);
    const { size, thumbnail } = await looked(picture);
    const name = picture.name || "Pasted picture";
    const nothing = { answer: null, problem: null, asking: null };
    const entry = { picture, url, size, thumbnail, name, when: new Date(), ...nothing };
    this.entries.unshift(entry);
    this.entries.splice(MOST).forEach(forget);
    return entry;
  }

  /** Whether a picture was not forgotten since. */
  holds(entry) {
    return this.entries.includes(entry);
  }

  /** Show the list again, with this entry as the current one. */
  show(current) {
    byId("history").hidden = this.entries.length === 0;
    byId("history-list").replaceChildren(...this.entries.map((each) => this.#item(each, each === current)));
  }

  /** Forget every picture. */
  clear() {
    this.entries.forEach(forget);
    this.entries = [];
    this.onOpen(null);
    byId("choose").focus();
  }

  #item(entry, current) {
    const time = entry.when.toLocaleTimeString();
    const picture = entry.thumbnail
      ? make("img", { src: entry.thumbnail, alt: "" })
      : make("span", { class: "no-thumbnail", "aria-hidden": "true" });
    return make("li", {},
      make("button",
        {
          type: "button",
          "aria-current": current ? "true" : undefined,
          title: entry.name,
          onclick: () => this.onOpen(entry),
        },
        picture,
        make("span", { class: "name" }, entry.name),
        make("span", { class: "hint" }, `${time} · ${outcome(entry)}`),
      ));
  }
}

function outcome({ answer, problem, asking }) {
  if (problem) return "no answer";
  if (!answer) return asking ? "asking…" : "waiting…";
  const verdicts = verdictCounts(answer).map(([verdict, count]) => `${count} ${verdict}`);
  return verdicts.join(", ") || inShort(answer);
}

/** Return the size of a picture and a small copy; nulls if the browser cannot show it. */
async function looked(picture) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(picture);
  } catch {
    return { size: null, thumbnail: null };
  }
  const size = [bitmap.width, bitmap.height];
  const scale = Math.min(1, THUMBNAIL_PX / Math.max(...size));
  const canvas = make("canvas", { width: Math.ceil(scale * size[0]), height: Math.ceil(scale * size[1]) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return { size, thumbnail: URL.createObjectURL(small) };
}

function forget(entry) {
  entry.asking?.abort();
  URL.revokeObjectURL(entry.url);
  if (entry.thumbnail) URL.revokeObjectURL(entry.thumbnail);
}
