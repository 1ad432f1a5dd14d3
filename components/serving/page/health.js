/** The health line: what `/readyz` says, looked at while the page is seen. */

import { byId } from "./dom.js";
import { ask } from "./service.js";
import { moment } from "./words.js";

const EVERY_MS = 5000;

/**
 * Follow the service's health.
 * @param {(version: string|null) => void} onVersion Is told when another model answers.
 */
export function followHealth(onVersion) {
  let version;
  const look = async () => {
    const now = await health();
    show(now);
    if (now.version !== version) {
      version = now.version;
      onVersion(version);
    }
  };
  const turn = async () => {
    if (document.visibilityState === "visible") await look();
    setTimeout(turn, EVERY_MS);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  turn();
}

async function health() {
  try {
    const ready = await ask("/readyz");
    const words = `Ready, model ${ready.version} since ${moment(ready.since)}`;
    return { state: "ready", short: "Ready", words, version: ready.version };
  } catch (problem) {
    const state = problem.status === 0 ? "away" : "waiting";
    const short = state === "away" ? "Not reachable" : "Not ready";
    return { state, short, words: `${short}: ${problem.message}`, version: null };
  }
}

function show({ state, short, words }) {
  const line = byId("health");
  const text = line.querySelector(".words");
  // A line that says the same again is not to be read out again.
  if (text.textContent === words) return;
  line.dataset.state = state;
  line.dataset.short = short;
  text.textContent = words;
}
