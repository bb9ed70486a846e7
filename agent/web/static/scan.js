"use strict";
// Reads codes from the camera, from a picture that is chosen, or from one that is pasted. What is seen goes to the agent
// on this computer as grey pixels, and nowhere else; the camera stops with the page. See page.js for what is shared.

const FRAME = 300;       // ms between two looks through the camera
const WIDE = 800;        // pixels of the longer side of a frame, and of a picture
const WIDEST = 1800;

let camera = null;       // the stream, while the camera is on

const scanning = () => $("#scan");
const tell = words => { const said = $("#scan-said"); if (said) said.textContent = words; };

document.addEventListener("page", () => {
  stop();
  if (!scanning()) return;
  $("#scan-start").addEventListener("click", start);
  $("#scan-stop").addEventListener("click", () => { stop(); tell("The camera is off."); });
  $("#scan-picture").addEventListener("change", event => { if (event.target.files[0]) look(event.target.files[0]); });
});

document.addEventListener("click", event => {
  if (!event.target.closest("a[href='#/scan']") || place() !== "/scan") return;
  event.preventDefault();  // the address stays as it is, and so would the page
  show();
});

document.addEventListener("paste", event => {
  const file = [...event.clipboardData?.files ?? []].find(each => each.type.startsWith("image/"));
  if (!scanning() || !file) return;
  event.preventDefault();
  look(file);
});

// ---- the camera -----------------------------------------------------------------------------------------------------

async function start() {
  const video = $("#scan-video");
  tell("");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch (fault) {
    tell(why(fault.name));
    return;
  }
  if (!video.isConnected) return halt(stream);
  camera = stream;
  video.srcObject = stream;
  seeing(true);
  await video.play();
  tell("Hold the code in front of the camera.");
  watchFor(video, stream);
}

const why = name => ({
  NotAllowedError: "The camera was not allowed. You can allow it in the browser's settings for this page, or use a picture.",
  NotFoundError: "No camera was found. Use a picture, or paste the link.",
})[name] ?? "The camera cannot be used now; perhaps another program has it. Use a picture, or paste the link.";

async function watchFor(video, stream) {
  while (camera === stream && video.isConnected) {
    if (video.videoWidth) {
      const found = await codes(video, video.videoWidth, video.videoHeight, WIDE).catch(() => []);
      if (camera !== stream) return;
      if (found.length) return taken(found);
    }
    await new Promise(done => setTimeout(done, FRAME));
  }
  halt(stream);
}

const halt = stream => stream.getTracks().forEach(each => each.stop());

function stop() {
  if (camera) halt(camera);
  camera = null;
  if (scanning()) seeing(false);
}

function seeing(on) {
  $("#scan-video").hidden = !on;
  $("#scan-stop").hidden = !on;
  $("#scan-start").hidden = on;
}

// ---- a picture ------------------------------------------------------------------------------------------------------

async function look(file) {
  tell("Looking…");
  try {
    const image = await createImageBitmap(file);
    let found = [];
    for (const most of [WIDEST, WIDE]) {
      found = await codes(image, image.width, image.height, most);
      if (found.length || Math.max(image.width, image.height) <= WIDE) break;
    }
    if (found.length) await taken(found);
    else tell("No code was found in this picture. Take it closer and straight, with all four edges of the code in it.");
  } catch {
    tell("This file is no picture that can be looked at. Nothing was done.");
  }
}

// ---- pixels ---------------------------------------------------------------------------------------------------------

async function codes(image, width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
  const grey = new Uint8Array(canvas.width * canvas.height);
  for (let at = 0; at < grey.length; at++) {
    grey[at] = (data[4 * at] * 77 + data[4 * at + 1] * 150 + data[4 * at + 2] * 29) >> 8;
  }
  const answer = await asked("/pages/scan/picture", { width: canvas.width, height: canvas.height, grey: encoded(grey) });
  if (answer.status === 401) instead("lost");
  return answer.ok ? await answer.json() : [];
}

function encoded(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

async function taken(found) {
  stop();
  const answer = await asked("/pages/scan", { text: found });
  if (answer.status === 401) return instead("lost");
  put(parsed(await answer.text()));
}
