/** The results in words: a card for each object, with what was measured on it. */

import { make, rows } from "./dom.js";
import { SIGNS, counted, fixed, inShort, kindOf, measured, nameOf, verdictCounts } from "./words.js";

const WORST = ["not ok", "cannot judge", "ok"];

/** Return the lines above the cards: how many of what, and the verdicts. */
export function summaryOf(answer) {
  const verdicts = verdictCounts(answer).map(([verdict, count]) =>
    make("span", { class: "verdict", "data-verdict": verdict }, `${SIGNS[verdict]} ${count} ${verdict}`),
  );
  const line = make("p", {}, make("strong", {}, capital(inShort(answer))));
  const reason = answer.scale?.reason;
  const told = [...(reason ? [`Lengths are in pixels: ${reason}`] : []), ...(answer.warnings ?? [])];
  const warnings = told.map((each) => make("p", { class: "warning" }, each));
  return [line, ...(verdicts.length ? [make("p", { class: "row" }, ...verdicts)] : []), ...warnings];
}

/**
 * Return the card of a detection.
 * @param {Object} detection
 * @param {number} index
 * @param {(index: number) => void} onPick
 */
export function cardOf(detection, index, onPick) {
  const { deviation } = detection;
  const details = `card-${index}`;
  return make(
    "li",
    { class: `card ${kindOf(detection)}`, "data-index": index, "data-verdict": deviation?.verdict },
    make(
      "h3",
      {},
      make(
        "button",
        {
          type: "button",
          "aria-expanded": "false",
          "aria-controls": details,
          onclick: () => onPick(index),
        },
        make("span", { class: "number" }, index + 1),
        make("span", { class: "name" }, nameOf(detection)),
        make("span", { class: "figure" }, aloud("score "), fixed(detection.score, 2)),
      ),
    ),
    verdictOf(detection),
    make("div", { id: details, class: "details", hidden: true }, ...detailsOf(detection)),
  );
}

/** Return what is known of the picture itself. */
export function factsOf(answer) {
  const { image, timing_ms: timing, model } = answer;
  const { brightness, sharpness, saturated_share: glare } = image.quality;
  return rows([
    ["Picture", `${image.width_px} × ${image.height_px} px`],
    ["Brightness", `${fixed(brightness, 0)} of 255`],
    ["Sharpness", fixed(sharpness, 0)],
    ["Glare", `${fixed(100 * glare, 1)} % of the pixels`],
    ["Answered in", `${fixed(timing.total, 0)} ms`],
    ["Model", model.version],
  ]);
}

function verdictOf(detection) {
  const { deviation } = detection;
  if (deviation) {
    return make(
      "p",
      { class: "said" },
      make("span", { class: "verdict", "data-verdict": deviation.verdict },
        `${SIGNS[deviation.verdict]} ${deviation.verdict}`),
      deviation.reason ? `: ${deviation.reason}` : null,
    );
  }
  const kind = kindOf(detection);
  if (kind === "unknown") return make("p", { class: "said" }, "No drawing in use fits it.");
  if (kind === "part") return null;
  return make("p", { class: "said" }, "The picture cannot tell these drawings apart.");
}

function detailsOf(detection) {
  const { pose, deviation } = detection;
  const known = [...poseRows(detection), ...(deviation ? sizeRows(deviation) : [])];
  const list = [make("dl", { class: "facts" }, ...rows(known))];
  if (deviation) list.push(...measuredParts(deviation));
  if (!pose && detection.candidates.length === 0) {
    list.push(make("p", { class: "hint" }, "Nothing else is known about it."));
  }
  return list;
}

function poseRows({ pose, candidates }) {
  const others = candidates.map((each) => `${each.label} ${fixed(each.score, 2)}`).join(", ");
  if (!pose) return [["Candidates", others || null]];
  return [
    ["Origin", `x ${fixed(pose.x_px, 1)}, y ${fixed(pose.y_px, 1)} px`],
    ["Turn", `${fixed(pose.angle_deg, 2)}°`],
    ["Scale", `${fixed(pose.px_per_mm, 3)} px per mm`],
    ["Side", pose.mirrored ? "back (mirrored)" : "front"],
    ["Seen", `${fixed(100 * pose.visible_fraction, 0)} % of it`],
    ["Overlap", fixed(pose.fit_iou, 3)],
    ["Edges off by", `${fixed(pose.edge_rms_px, 2)} px`],
    ["Runner-up", pose.runner_up],
    ["Candidates", candidates.length > 1 ? others : null],
  ];
}

function sizeRows({ size, unit, judged_share: judged }) {
  return [
    ["Length off by", measured(size, unit)],
    ["Edges judged", `${fixed(100 * judged, 0)} %`],
  ];
}

function measuredParts(deviation) {
  const { unit } = deviation;
  const parts = [];
  if (deviation.faults.length > 0) {
    const faults = deviation.faults.map((fault) =>
      make("li", {}, [fault.kind.replaceAll("_", " "), measured(fault.size, unit)].filter(Boolean).join(": ")));
    parts.push(make("h4", {}, counted(deviation.faults.length, "fault")), make("ul", {}, ...faults));
  }
  if (deviation.features.length > 0) parts.push(featureTable(deviation));
  return parts;
}

function featureTable({ features }) {
  const worstFirst = features.toSorted((one, other) => WORST.indexOf(one.verdict) - WORST.indexOf(other.verdict));
  const body = worstFirst.map((each) =>
    make("tr", { "data-verdict": each.verdict },
      make("th", { scope: "row" }, each.feature.replaceAll("_", " ")),
      make("td", {}, measured(each.deviation_mm, "") ?? "–"),
      make("td", {}, each.tolerance_mm === null ? "–" : fixed(each.tolerance_mm, 2)),
      make("td", {}, make("span", { class: "verdict", "data-verdict": each.verdict, title: each.reason },
        `${SIGNS[each.verdict]} ${each.verdict}`)),
    ));
  const head = ["Feature", "Off by, mm", "Allowed", "Verdict"].map((each) => make("th", { scope: "col" }, each));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Features" },
    make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
}

/** Return words for ears alone. */
function aloud(words) {
  return make("span", { class: "unseen" }, words);
}

function capital(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
