/**
 * Contours coloured by the sign of their deviation from the drawing.
 *
 * Colour, width and dashes each tell the sign, so that no eye and no print loses it: more material
 * than drawn is red, thick and solid, less is blue, thick and dashed; what lies within its
 * uncertainty is thin; where no edge was seen it is grey and dotted.
 */

import { draw, make } from "./dom.js";
import { at, placed } from "./places.js";
import { fixed, signed } from "./words.js";

const LEVELS = 3;

/** Return the contours of a part, stretch by stretch. */
export function contoursOf(deviation, answer) {
  const full = fullDeviation(answer);
  const group = draw("g", { class: "deviations" });
  for (const contour of deviation.contours ?? []) {
    for (const stretch of stretches(contour, full)) {
      const path = `M${stretch.points.map((point) => point.join(" ")).join("L")}`;
      group.append(
        draw("path", { class: "stretch halo", d: path }),
        draw("path", { class: `stretch ${stretch.kind}`, d: path }),
      );
    }
  }
  return group;
}

/** Return a group with a ring round each fault of a detection; empty if it was not measured. */
export function faultsOf({ deviation, pose }, index) {
  const rings = pose ? (deviation?.faults ?? []).map((each) => ring(each, pose, deviation.unit)) : [];
  const marks = { class: "faults", "data-index": index, "data-verdict": deviation?.verdict };
  return draw("g", marks, ...rings);
}

/** Return what the colours mean, as an element. */
export function legendOf(answer) {
  const unit = answer.detections.find((each) => each.deviation)?.deviation.unit;
  const full = fullDeviation(answer);
  const keys = [
    ["more-3", `more material than drawn (full colour: ${signed(full, 2)} ${unit})`],
    ["less-3", `less (${signed(-full, 2)} ${unit})`],
    ["drawn", "as drawn, within the uncertainty"],
    ["unseen-edge", "no edge seen"],
  ];
  return keys.map(([kind, words]) =>
    make(
      "span",
      { class: "key" },
      draw(
        "svg",
        { viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true" },
        draw("path", { class: `stretch ${kind}`, d: "M0 4H28" }),
      ),
      words,
    ),
  );
}

/** Return the deviation that gets the full colour: the widest tolerance, else what stands out. */
function fullDeviation(answer) {
  const deviations = answer.detections.map((each) => each.deviation).filter(Boolean);
  const features = deviations.flatMap((each) => each.features);
  const tolerances = features.map((each) => each.tolerance_mm).filter((each) => each > 0);
  if (tolerances.length > 0) return Math.max(...tolerances);
  const contours = deviations.flatMap((each) => each.contours ?? []);
  return 3 * Math.max(...contours.map((each) => each.uncertainty ?? 0), 1e-6);
}

/** Cut a closed contour where the kind of its deviation changes. */
function stretches(contour, full) {
  const kinds = contour.deviation.map((value) => kindOf(value, contour.uncertainty ?? 0, full));
  const points = contour.points_px;
  const found = [];
  points.forEach((point, k) => {
    const last = found.at(-1);
    if (last?.kind === kinds[k]) last.points.push(point);
    else found.push({ kind: kinds[k], points: k > 0 ? [points[k - 1], point] : [point] });
  });
  found.at(-1)?.points.push(points[0]);
  return found;
}

function kindOf(value, uncertainty, full) {
  if (value === null) return "unseen-edge";
  if (Math.abs(value) <= uncertainty) return "drawn";
  const level = Math.min(Math.ceil((LEVELS * Math.abs(value)) / full), LEVELS);
  return `${value > 0 ? "more" : "less"}-${level}`;
}

/** Return a ring round a fault with its kind and size beside it. */
function ring(fault, pose, unit) {
  const size = fault.size?.value;
  const words = fault.kind.replaceAll("_", " ");
  const figure = size === null || size === undefined ? "" : ` ${fixed(size, 2)} ${unit}`;
  return draw(
    "g",
    { ...at(placed(pose.mm_to_px, fault.at_mm)), class: "fault-ring" },
    draw("circle", { r: 13, class: "halo" }),
    draw("circle", { r: 13 }),
    draw("text", { x: 17, y: 10 }, `${words}${figure}`),
  );
}
