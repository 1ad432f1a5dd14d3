/** Taking a picture from a camera of this device. */

import { byId, make } from "./dom.js";

const JPEG_QUALITY = 0.95;
const WISHED = { width: { ideal: 1920 }, height: { ideal: 1440 } };
const REASONS = {
  NotAllowedError: "The browser may not use a camera: allow it for this page, then try again.",
  NotFoundError: "This device has no camera: connect one, then try again.",
  NotReadableError: "Another program uses the camera: close it, then try again.",
};

/**
 * Wire the camera's dialog.
 * @param {(picture: File) => void} onPicture Is handed what was taken.
 */
export function wireCamera(onPicture) {
  const dialog = byId("camera-dialog");
  byId("camera").addEventListener("click", () => {
    dialog.showModal();
    start();
  });
  byId("camera-device").addEventListener("change", start);
  byId("camera-close").addEventListener("click", () => dialog.close());
  byId("camera-take").addEventListener("click", async () => {
    const picture = await taken();
    dialog.close();
    onPicture(picture);
  });
  dialog.addEventListener("close", stop);
}

async function start() {
  stop();
  const view = byId("camera-view");
  byId("camera-take").disabled = true;
  tell("");
  if (!navigator.mediaDevices) {
    tell("Browsers hand out cameras to https:// addresses and to this machine only: serve the page with a certificate.");
    return;
  }
  const chosen = byId("camera-device").value;
  const which = chosen ? { deviceId: { exact: chosen } } : { facingMode: "environment" };
  try {
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { ...WISHED, ...which } });
    await view.play();
    await listDevices();
    byId("camera-take").disabled = !byId("camera-dialog").open;
    byId("camera-take").focus();
  } catch (error) {
    tell(REASONS[error.name] ?? `The camera cannot be used (${error.message}).`);
  }
  if (!byId("camera-dialog").open) stop();
}

async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter((device) => device.kind === "videoinput");
  const used = byId("camera-view").srcObject?.getVideoTracks()[0].getSettings().deviceId;
  byId("camera-choice").hidden = cameras.length < 2;
  byId("camera-device").replaceChildren(
    ...cameras.map((camera, k) =>
      make(
        "option",
        { value: camera.deviceId, selected: camera.deviceId === used },
        camera.label || `Camera ${k + 1}`,
      ),
    ),
  );
}

async function taken() {
  const view = byId("camera-view");
  const canvas = make("canvas", { width: view.videoWidth, height: view.videoHeight });
  canvas.getContext("2d").drawImage(view, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
  const time = new Date().toLocaleTimeString();
  return new File([blob], `Camera ${time}.jpg`, { type: blob.type });
}

function stop() {
  const view = byId("camera-view");
  view.srcObject?.getTracks().forEach((track) => track.stop());
  view.srcObject = null;
}

function tell(sentence) {
  byId("camera-fault").textContent = sentence;
}
