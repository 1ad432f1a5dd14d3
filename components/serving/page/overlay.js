/** What is drawn on the picture: outlines, labels, axes. Deviations are in `deviations.js`. */

import { contoursOf, faultsOf } from "./deviations.js";
import { draw } from "./dom.js";
import { at, placed } from "./places.js";
import { SIGNS, kindOf, nameOf } from "./words.js";

const FRAME = "frame";
const AXIS_SHARE = 0.3;
const TAG_HEIGHT = 18;
const TAG_PADDING = 6;

/**
 * Draw an answer.
 * @param {SVGElement} overlay Is emptied first.
 * @param {Object} answer Of `/predict` or `/inspect`.
 * @param {(index: number) => void} onPick Is told which detection was clicked.
 */
export function drawAnswer(overlay, answer, onPick) {
  const root = draw("g", { class: "root" }, frameOf(answer.image));
  answer.detections.forEach((detection, index) => {
    const object = draw(
      "g",
      {
        class: `object ${kindOf(detection)}`,
        "data-index": index,
        "data-verdict": detection.deviation?.verdict,
        onclick: () => onPick(index),
      },
      draw("g", { "clip-path": `url(#${FRAME})` }, ...linesOf(detection, answer)),
    );
    root.append(object);
  });
  // Labels lie above every outline, faults above every label.
  root.append(...answer.detections.map((each, index) => tagOf(each, index, onPick)));
  root.append(...answer.detections.map((each, index) => faultsOf(each, index)));
  overlay.replaceChildren(root);
}

/**
 * Fit labels and the like to a new zoom.
 * @param {SVGElement} overlay
 * @param {number} k Screen pixels per pixel of the picture.
 */
export function scaleMarks(overlay, k) {
  for (const mark of overlay.querySelectorAll("[data-x]")) {
    const { x, y } = mark.dataset;
    mark.setAttribute("transform", `translate(${x} ${y}) scale(${1 / k})`);
  }
  for (const tag of overlay.querySelectorAll(".tag")) fitTag(tag, k);
}

/** Show one detection before the others; null shows all alike. */
export function emphasise(overlay, index) {
  overlay.classList.toggle("picking", index !== null);
  for (const each of overlay.querySelectorAll("[data-index]")) {
    each.classList.toggle("picked", Number(each.dataset.index) === index);
  }
}

/** Return the picture's frame: what of a drawing lies beyond it was never seen. */
function frameOf({ width_px: width, height_px: height }) {
  return draw("clipPath", { id: FRAME }, draw("rect", { x: -0.5, y: -0.5, width, height }));
}

function linesOf(detection, answer) {
  const lines = [outlineOf(detection, "halo"), outlineOf(detection, "line")];
  if (detection.deviation) lines.push(contoursOf(detection.deviation, answer));
  if (detection.pose) lines.push(axesOf(detection));
  return lines;
}

function outlineOf(detection, layer) {
  const rings = (detection.polygons ?? []).flatMap((each) => [each.outline_px, ...each.holes_px]);
  const path = rings.map((ring) => `M${ring.map((point) => point.join(" ")).join("L")}Z`).join("");
  return draw("path", { class: `outline ${layer}`, d: path });
}

/** Return the drawing's axes: x and y with letters, from its origin. */
function axesOf({ pose, xyxy_px: [x0, y0, x1, y1] }) {
  const length = (AXIS_SHARE * Math.min(x1 - x0, y1 - y0)) / pose.px_per_mm;
  const origin = placed(pose.mm_to_px, [0, 0]);
  const axes = draw("g", { class: "axes" });
  for (const [letter, tip] of [["x", [length, 0]], ["y", [0, length]]]) {
    const end = placed(pose.mm_to_px, tip);
    const past = placed(pose.mm_to_px, tip.map((side) => 1.25 * side));
    const line = { x1: origin[0], y1: origin[1], x2: end[0], y2: end[1] };
    axes.append(
      draw("line", { class: "axis halo", ...line }),
      draw("line", { class: `axis ${letter}`, ...line }),
      draw("g", at(past), draw("text", { class: "letter" }, letter)),
    );
  }
  axes.append(draw("g", at(origin), draw("circle", { class: "origin", r: 3 })));
  return axes;
}

function tagOf(detection, index, onPick) {
  const verdict = detection.deviation?.verdict;
  const [x0, y0, x1] = detection.xyxy_px;
  const sign = verdict ? `${SIGNS[verdict]} ` : "";
  return draw(
    "g",
    {
      ...at([x0 - 0.5, Math.max(y0 - 0.5, 0)]),
      class: `tag ${kindOf(detection)}`,
      "data-index": index,
      "data-verdict": verdict,
      "data-number": index + 1,
      "data-words": `${sign}${index + 1}  ${nameOf(detection)}`,
      "data-width": x1 - x0,
      onclick: () => onPick(index),
    },
    draw("rect", { height: TAG_HEIGHT, rx: 3 }),
    draw("text", { x: TAG_PADDING, y: TAG_HEIGHT - 5 }),
  );
}

/** Give a label its name where the object is wide enough to carry it, else its number alone. */
function fitTag(tag, k) {
  const [box, text] = tag.children;
  const { words, number, width, y } = tag.dataset;
  text.textContent = words;
  let length = text.getComputedTextLength();
  if (length > 1.5 * k * width && !tag.classList.contains("picked")) {
    text.textContent = number;
    length = text.getComputedTextLength();
  }
  box.setAttribute("width", length + 2 * TAG_PADDING);
  // Above the object, or inside it at the picture's upper edge.
  const lift = k * y > TAG_HEIGHT + 2 ? -TAG_HEIGHT - 2 : 2;
  for (const each of [box, text]) each.setAttribute("transform", `translate(0 ${lift})`);
}
