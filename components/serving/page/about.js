/** Which model and drawings are in use. */

import { byId, make, rows } from "./dom.js";
import { ask } from "./service.js";
import { counted, fixed, moment } from "./words.js";

/**
 * Ask for the model and the drawings and show them.
 * @returns {Promise<Object>} The model's card.
 * @throws {Problem} If the service does not tell.
 */
export async function showModel() {
  const [model, { drawings }] = await Promise.all([ask("/model"), ask("/drawings")]);
  byId("about-body").replaceChildren(modelFacts(model), drawingTable(drawings));
  return model.card;
}

/** Say why nothing is known. */
export function showNoModel(problem) {
  byId("about-body").replaceChildren(make("p", { class: "hint" }, `${problem.message}; ${problem.remedy}`));
}

function modelFacts({ version, created, loaded, card }) {
  const quality = card.metrics.test_registered_map ?? card.metrics.test_map;
  return make("dl", { class: "facts" }, ...rows([
    ["Version", version],
    ["Made", moment(created)],
    ["In use since", moment(loaded)],
    ["Precision", card.precision],
    ["mAP, own test pictures", typeof quality === "number" ? fixed(quality, 3) : null],
  ]));
}

function drawingTable(drawings) {
  const head = ["Drawing", "Width, mm", "Height, mm", "Holes"].map((each) => make("th", { scope: "col" }, each));
  const body = drawings.map((each) =>
    make("tr", {},
      make("th", { scope: "row" }, each.name),
      make("td", {}, fixed(each.width_mm, 1)),
      make("td", {}, fixed(each.height_mm, 1)),
      make("td", {}, each.hole_count),
    ));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Drawings in use" },
    make("table", {},
      make("caption", {}, `${counted(drawings.length, "drawing")} in use`),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body)));
}
