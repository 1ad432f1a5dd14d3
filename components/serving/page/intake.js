/** How pictures come in: chosen, dropped or pasted. */

import { byId } from "./dom.js";

/** @param {(pictures: File[]) => void} onPictures Is handed what came. */
export function wireIntake(onPictures) {
  const files = byId("files");
  byId("choose").addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    onPictures([...files.files]);
    // The same file chosen again is to count as a change.
    files.value = "";
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length > 0) onPictures([...event.clipboardData.files]);
  });
  wireDrop(byId("stage"), onPictures);
}

/** Take files anywhere on the page: one dropped beside the stage must not replace the page. */
function wireDrop(stage, onPictures) {
  const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
  let depth = 0;
  const mark = (change) => {
    depth = change === null ? 0 : depth + change;
    stage.classList.toggle("drop", depth > 0);
  };
  document.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
  document.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
  document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(null);
    onPictures([...event.dataTransfer.files]);
  });
}
