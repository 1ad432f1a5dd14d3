/** Figures and findings in words: one place, so that cards, labels and history agree. */

const UNKNOWN = "unknown";
const AMBIGUOUS = "ambiguous: ";

/** Signs that stand beside every colour. */
export const SIGNS = { "ok": "✓", "not ok": "✕", "cannot judge": "?" };

/** Return `part`, `unknown` or `ambiguous`. */
export function kindOf(detection) {
  if (detection.label === UNKNOWN) return "unknown";
  return detection.label.startsWith(AMBIGUOUS) ? "ambiguous" : "part";
}

/** Return what to call a detection. */
export function nameOf(detection) {
  const kind = kindOf(detection);
  if (kind === "unknown") return "Unknown object";
  if (kind === "part") return detection.label;
  return detection.label.slice(AMBIGUOUS.length).split(" | ").join(" or ");
}

/** Return a number with this many decimals, a real minus sign and no "-0". */
export function fixed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** As `fixed`, with a plus sign where it belongs. */
export function signed(value, decimals) {
  const text = fixed(value, decimals);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** Return "+0.12 ± 0.05 mm"; null if it was not measured. */
export function measured(measure, unit) {
  if (!measure || measure.value === null) return null;
  const around = measure.uncertainty === null ? "" : ` ± ${fixed(measure.uncertainty, 2)}`;
  return `${signed(measure.value, 2)}${around} ${unit}`;
}

/** Return "1 part" or "3 parts". */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** Return bytes in MB, as file managers show them. */
export function megabytes(bytes) {
  return `${fixed(bytes / 2 ** 20, bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;
}

/** Return a moment's time of day, with the day if it is not today. */
export function moment(text) {
  const when = new Date(text);
  const today = when.toDateString() === new Date().toDateString();
  return today ? when.toLocaleTimeString() : when.toLocaleString();
}

/** Return what a picture's answer holds in one line, such as "3 parts, 1 unknown". */
export function inShort(answer) {
  const kinds = Object.groupBy(answer.detections, kindOf);
  const said = [];
  if (kinds.part) said.push(counted(kinds.part.length, "part"));
  if (kinds.ambiguous) said.push(`${kinds.ambiguous.length} ambiguous`);
  if (kinds.unknown) said.push(`${kinds.unknown.length} unknown`);
  return said.join(", ") || "nothing found";
}

/** Return how many parts have each verdict, in the order of `SIGNS`; empty without measuring. */
export function verdictCounts(answer) {
  const verdicts = answer.detections.map((each) => each.deviation?.verdict).filter(Boolean);
  return Object.keys(SIGNS)
    .map((verdict) => [verdict, verdicts.filter((each) => each === verdict).length])
    .filter(([, count]) => count > 0);
}
