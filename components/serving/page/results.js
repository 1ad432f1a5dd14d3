/** The column of results: summary, what went wrong, cards, facts of the picture. */

import { cardOf, factsOf, summaryOf } from "./cards.js";
import { byId, make } from "./dom.js";

/** So much of a card says what it is about. */
const SEEN_PX = 160;

/**
 * Show what is known about a picture.
 * @param {Entry|null} entry See `history.js`.
 * @param {(index: number) => void} onPick
 * @param {() => void} onAgain Is told when the picture shall be asked about once more.
 */
export function showResults(entry, onPick, onAgain) {
  const { answer, problem } = entry ?? {};
  const none = make("p", { class: "hint" }, "No picture yet.");
  byId("summary").replaceChildren(...(entry ? (answer ? summaryOf(answer) : []) : [none]));
  byId("problem").replaceChildren(...(problem ? problemOf(problem, onAgain) : []));
  byId("cards").replaceChildren(...(answer?.detections ?? []).map((each, k) => cardOf(each, k, onPick)));
  byId("facts").replaceChildren(...(answer ? factsOf(answer) : []));
}

/** Open the card of one detection and close the others; null closes all. */
export function openCard(index) {
  for (const card of byId("cards").children) {
    const mine = Number(card.dataset.index) === index;
    card.classList.toggle("picked", mine);
    card.querySelector("button").setAttribute("aria-expanded", mine);
    card.querySelector(".details").hidden = !mine;
    if (mine) bringIntoList(card);
  }
}

/** Scroll the list, where it scrolls by itself; the page, and with it the picture, stays put. */
function bringIntoList(card) {
  const list = byId("results");
  const [whole, part] = [list.getBoundingClientRect(), card.getBoundingClientRect()];
  const hidden = part.top < whole.top || Math.min(part.bottom, part.top + SEEN_PX) > whole.bottom;
  if (hidden) list.scrollTop += part.top - whole.top - 8;
}

function problemOf({ status, message, remedy, id }, onAgain) {
  const told = [status ? `status ${status}` : null, id ? `id ${id}` : null].filter(Boolean).join(", ");
  const again = () => {
    // The button goes away with the problem; the focus is not to fall out of the page.
    byId("results").focus();
    onAgain();
  };
  return [
    make("p", {}, make("strong", {}, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`)),
    make("p", {}, `What to do: ${remedy}.`),
    ...(told ? [make("p", { class: "hint" }, told)] : []),
    make("button", { type: "button", onclick: again }, "Ask again"),
  ];
}
