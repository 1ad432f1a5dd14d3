/** The operator's page: pictures in, answers shown. The other modules each do one part of it. */

import { showModel, showNoModel } from "./about.js";
import { wireCamera } from "./camera.js";
import { cardOf, factsOf, summaryOf } from "./cards.js";
import { legendOf } from "./deviations.js";
import { byId, make } from "./dom.js";
import { followHealth } from "./health.js";
import { History } from "./history.js";
import { wireIntake } from "./intake.js";
import { Options } from "./options.js";
import { drawAnswer, emphasise, scaleMarks } from "./overlay.js";
import { Problem, ask, askAbout, setToken, token } from "./service.js";
import { wireTheme } from "./theme.js";
import { Viewer } from "./viewer.js";
import { megabytes } from "./words.js";

const FACTS = "/page/facts.json";

const viewer = new Viewer((k) => {
  scaleMarks(byId("overlay"), k);
  byId("zoom-shown").textContent = `${Math.round(100 * k)} %`;
});
const history = new History(open);
const options = new Options(() => current && answer(current));
let facts = null;
let current = null;
let picked = null;
let asking = null;

/** Take pictures in, one after the other; the last one stays in sight. */
async function take(pictures) {
  for (const picture of pictures) {
    const entry = await history.add(picture);
    open(entry);
    await answer(entry);
  }
}

/** Ask about a picture and show what comes; a newer question about it ends an older one. */
async function answer(entry) {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  Object.assign(entry, { answer: null, problem: null, task: options.task() });
  if (entry === current) show();
  try {
    refuseTooLarge(entry.picture);
    entry.answer = await askAbout(entry.task, entry.picture, options.asked(), mine.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Problem)) throw error;
    entry.problem = error;
    if (error.status === 401) askForToken(error);
  }
  if (entry === current) show();
  else history.show(current);
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

function show() {
  const answered = current?.answer ?? null;
  byId("stage").toggleAttribute("data-empty", current === null);
  byId("empty").hidden = current !== null;
  byId("viewer").hidden = current === null;
  byId("tools").hidden = current === null;
  byId("save").disabled = answered === null;
  showBusy();
  showPicture(answered);
  showResults(answered);
  history.show(current);
}

function showBusy() {
  const waits = current !== null && !current.answer && !current.problem;
  byId("busy").hidden = !waits;
  byId("busy").textContent = waits ? `Asking about ${current.name}…` : "";
}

function showPicture(answered) {
  byId("overlay").replaceChildren();
  if (current === null) return;
  const { image } = answered ?? {};
  const size = current.size ?? (image ? [image.width_px, image.height_px] : [4, 3]);
  const note = byId("ground-note");
  note.hidden = current.size !== null || !answered;
  note.textContent = "This browser cannot show pictures of this format; the outlines are in their places.";
  if (answered) drawAnswer(byId("overlay"), answered, pick);
  if (viewer.shown !== current || current.size === null) viewer.show(current.size && current.url, size);
  else viewer.refresh();
  viewer.shown = current;
  const measured = answered?.detections.some((each) => each.deviation) ?? false;
  byId("tools").querySelector("[value=deviations]").closest("label").hidden = !measured;
  byId("legend").hidden = !measured;
  byId("legend").replaceChildren(...(measured ? legendOf(answered) : []));
}

function showResults(answered) {
  const summary = byId("summary");
  if (current === null) summary.replaceChildren(make("p", { class: "hint" }, "No picture yet."));
  else summary.replaceChildren(...(answered ? summaryOf(answered) : []));
  byId("problem").replaceChildren(...(current?.problem ? problemOf(current.problem) : []));
  byId("cards").replaceChildren(...(answered?.detections ?? []).map((each, k) => cardOf(each, k, pick)));
  byId("facts").replaceChildren(...(answered ? factsOf(answered) : []));
  picked = null;
  emphasise(byId("overlay"), null);
}

function problemOf({ status, message, remedy, id }) {
  const told = [status ? `status ${status}` : null, id ? `id ${id}` : null].filter(Boolean).join(", ");
  return [
    make("p", {}, make("strong", {}, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`)),
    make("p", {}, `What to do: ${remedy}.`),
    ...(told ? [make("p", { class: "hint" }, told)] : []),
    make("button", { type: "button", onclick: () => answer(current) }, "Ask again"),
  ];
}

/** Bring one object forward, in the picture and in the list; again puts it back. */
function pick(index) {
  picked = picked === index ? null : index;
  emphasise(byId("overlay"), picked);
  scaleMarks(byId("overlay"), viewer.view.k);
  for (const card of byId("cards").children) {
    const mine = Number(card.dataset.index) === picked;
    card.classList.toggle("picked", mine);
    card.querySelector("button").setAttribute("aria-expanded", mine);
    card.querySelector(".details").hidden = !mine;
    // Below the picture, on a phone, it would push the picture out of sight.
    if (mine && matchMedia("(min-width: 901px)").matches) card.scrollIntoView({ block: "nearest" });
  }
  if (picked !== null) viewer.reveal(current.answer.detections[picked].xyxy_px);
}

function askForToken(problem) {
  byId("token").hidden = false;
  byId("token-fault").textContent = token() ? "The service does not know this token." : "";
  if (problem) byId("token-text").focus();
}

async function useToken(event) {
  event.preventDefault();
  setToken(byId("token-text").value.trim());
  byId("token").hidden = true;
  byId("token-text").value = "";
  await lookAtModel();
  if (current?.problem?.status === 401) await answer(current);
}

async function lookAtModel() {
  try {
    await showModel();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) askForToken(token() ? problem : null);
    showNoModel(problem);
  }
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
  byId("token").addEventListener("submit", useToken);
  byId("save").addEventListener("click", save);
  for (const box of byId("tools").querySelectorAll("[type=checkbox]")) {
    box.addEventListener("change", () => byId("overlay").classList.toggle(`no-${box.value}`, !box.checked));
  }
  try {
    facts = await ask(FACTS);
    byId("limits").textContent =
      `JPEG, PNG, BMP, TIFF or WebP; up to ${megabytes(facts.max_body_bytes)} and ` +
      `${facts.max_pixels / 1e6} megapixels.`;
    if (facts.token_needed && !token()) askForToken(null);
  } finally {
    followHealth((version) => version && (token() || !facts?.token_needed) && lookAtModel());
  }
}

start();
