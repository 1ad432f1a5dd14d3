/** What is asked for with each picture: the task, the lowest score, the scale. */

import { byId } from "./dom.js";

const WAIT_MS = 300;

export class Options {
  /** @param {() => void} onChange Is told when the options may have changed and nobody types. */
  constructor(onChange) {
    this.score = null;
    this.form = byId("options");
    let waiting;
    this.changed = () => {
      this.#showFields();
      clearTimeout(waiting);
      if (this.form.checkValidity()) waiting = setTimeout(onChange, WAIT_MS);
    };
    byId("score").addEventListener("input", () => this.#setScore(byId("score").value));
    byId("score-reset").addEventListener("click", () => {
      this.#setScore(null);
      byId("score").focus();
      this.changed();
    });
    this.form.addEventListener("change", this.changed);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.#showFields();
  }

  /** Return the route to ask. */
  task() {
    return byId("task").value;
  }

  /** Return the query parameters to ask with. */
  asked() {
    const score = this.score === null ? {} : { score_threshold: this.score };
    return this.task() === "inspect" ? { ...score, ...this.#scale() } : score;
  }

  /** Return what is asked as one text: alike for questions with the same answer. */
  question() {
    return `${this.task()}?${new URLSearchParams(this.asked())}`;
  }

  #scale() {
    if (byId("scale").value === "px_per_mm") return given({ px_per_mm: byId("px-per-mm").value });
    return given({ camera: byId("camera-name").value.trim(), above_mm: byId("above-mm").value });
  }

  #setScore(text) {
    this.score = text;
    byId("score-shown").textContent = text === null ? "automatic" : Number(text).toFixed(2);
    byId("score-reset").hidden = text === null;
  }

  /** Show the fields that count; the others are disabled, so that none of them is in the way. */
  #showFields() {
    const measures = this.task() === "inspect";
    byId("measure").hidden = !measures;
    for (const label of byId("measure").querySelectorAll("[data-scale]")) {
      const counts = measures && label.dataset.scale === byId("scale").value;
      label.hidden = !counts;
      label.querySelector("input").disabled = !counts;
    }
  }
}

/** Return the fields that were filled in. */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
