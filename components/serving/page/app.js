/** The operator's page: pictures in, answers shown. The other modules each do one part of it. */

import { showModel, showNoModel } from "./about.js";
import { askForToken, wireAccess } from "./access.js";
import { wireCamera } from "./camera.js";
import { legendOf } from "./deviations.js";
import { byId, make } from "./dom.js";
import { followHealth } from "./health.js";
import { History } from "./history.js";
import { wireIntake } from "./intake.js";
import { Options } from "./options.js";
import { drawAnswer, emphasise, scaleMarks } from "./overlay.js";
import { openCard, showResults } from "./results.js";
import { Problem, ask, askAbout, token } from "./service.js";
import { wireTheme } from "./theme.js";
import { Viewer } from "./viewer.js";
import { megabytes } from "./words.js";

const FACTS = "/page/facts.json";

const viewer = new Viewer((k) => {
  scaleMarks(byId("overlay"), k);
  byId("zoom-shown").textContent = `${Math.round(100 * k)} %`;
});
const history = new History(open);
const options = new Options(() => {
  if (current && current.question !== options.question()) answer(current);
});
let facts = null;
let current = null;
let picked = null;

/** Take pictures in, show the first and ask about one after the other. */
async function take(pictures) {
  const entries = [];
  for (const picture of pictures) entries.push(await history.add(picture));
  // Of more than the session holds, the first are forgotten already.
  const first = entries.find((entry) => history.holds(entry));
  if (first) open(first);
  for (const entry of entries) {
    if (history.holds(entry)) await answer(entry);
  }
}

/** Ask about a picture and show what comes; a newer question about it ends an older one. */
async function answer(entry) {
  entry.asking?.abort();
  const mine = new AbortController();
  entry.asking = mine;
  entry.question = options.question();
  entry.problem = null;
  refresh(entry);
  try {
    refuseTooLarge(entry.picture);
    entry.answer = await askAbout(options.task(), entry.picture, options.asked(), mine.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Problem)) throw error;
    Object.assign(entry, { answer: null, problem: error });
    if (error.status === 401) askForToken();
  }
  entry.asking = null;
  refresh(entry);
}

/** Spare the network a picture that the service is bound to refuse. */
function refuseTooLarge(picture) {
  if (!facts || picture.size <= facts.max_body_bytes) return;
  throw new Problem({
    status: 413,
    code: "body_too_large",
    message: `the picture has ${megabytes(picture.size)}, ${megabytes(facts.max_body_bytes)} are allowed`,
    remedy: "send a smaller one, for example as JPEG",
  });
}

/** Open a picture of this session; null opens none. */
function open(entry) {
  current = entry;
  show();
}

/** Show what has become of a picture. */
function refresh(entry) {
  if (entry === current) show();
  else history.show(current);
}

function show() {
  byId("stage").toggleAttribute("data-empty", current === null);
  byId("empty").hidden = current !== null;
  byId("viewer").hidden = current === null;
  byId("tools").hidden = current === null;
  byId("save").disabled = !current?.answer;
  picked = null;
  showBusy();
  showPicture();
  showResults(current, pick, () => answer(current));
  history.show(current);
}

/** An answer that is being asked for again stays, paler, until the new one is there. */
function showBusy() {
  const waits = Boolean(current?.asking);
  byId("busy").hidden = !waits;
  byId("busy").textContent = waits ? `Asking about ${current.name}…` : "";
  document.body.classList.toggle("waiting", waits);
}

function showPicture() {
  const answered = current?.answer ?? null;
  byId("overlay").replaceChildren();
  emphasise(byId("overlay"), null);
  showNote(answered);
  showLegend(answered);
  if (current === null) return;
  if (answered) drawAnswer(byId("overlay"), answered, pick);
  const { image } = answered ?? {};
  const size = current.size ?? (image ? [image.width_px, image.height_px] : [4, 3]);
  if (viewer.shown !== current || current.size === null) viewer.show(current.size && current.url, size);
  else viewer.refresh();
  viewer.shown = current;
}

function showNote(answered) {
  const note = byId("ground-note");
  note.hidden = current === null || current.size !== null || Boolean(current.asking);
  note.textContent = answered
    ? "This browser cannot show pictures of this format; the outlines are in their places."
    : "This browser cannot show this file.";
}

function showLegend(answered) {
  const measured = answered?.detections.some((each) => each.deviation) ?? false;
  byId("tools").querySelector("[value=deviations]").closest("label").hidden = !measured;
  byId("legend").hidden = !measured;
  byId("legend").replaceChildren(...(measured ? legendOf(answered) : []));
}

/** Bring one object forward, in the picture and in the list; again puts it back. */
function pick(index) {
  picked = picked === index ? null : index;
  emphasise(byId("overlay"), picked);
  scaleMarks(byId("overlay"), viewer.view.k);
  openCard(picked);
  if (picked !== null) viewer.reveal(current.answer.detections[picked].xyxy_px);
}

async function lookAtModel() {
  try {
    await showModel();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) askForToken();
    showNoModel(problem);
  }
}

async function tokenChanged() {
  await lookAtModel();
  if (token() && current?.problem?.status === 401) await answer(current);
}

function save() {
  const text = JSON.stringify(current.answer, null, 1);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: url, download: `${current.name.replace(/\.\w+$/, "")}.json` }).click();
  URL.revokeObjectURL(url);
}

async function start() {
  wireTheme();
  wireIntake(take);
  wireCamera((picture) => take([picture]));
  wireAccess(tokenChanged);
  byId("save").addEventListener("click", save);
  for (const box of byId("tools").querySelectorAll("[type=checkbox]")) {
    box.addEventListener("change", () => byId("overlay").classList.toggle(`no-${box.value}`, !box.checked));
  }
  try {
    facts = await ask(FACTS);
    byId("limits").textContent =
      `JPEG, PNG, BMP, TIFF or WebP; up to ${megabytes(facts.max_body_bytes)} and ` +
      `${facts.max_pixels / 1e6} megapixels.`;
    if (facts.token_needed && !token()) askForToken();
  } catch (problem) {
    // The health line says the same; pictures are then refused by the service itself.
    if (!(problem instanceof Problem)) throw problem;
  }
  followHealth((version) => version && (token() || !facts?.token_needed) && lookAtModel());
}

start();
