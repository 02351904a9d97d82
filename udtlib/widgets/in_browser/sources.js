// Where frames come from: stored pictures, a camera, a file of the reader's. Nothing leaves the page.

const WIDEST = 320; // side of what is tracked, in pixels

function canvasOf(width, height) {
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(8, Math.round(width * scale)), Math.max(8, Math.round(height * scale)));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return { width: canvas.width, height: canvas.height,
    take(image, left = 0, top = 0) {
      context.drawImage(image, left, top, canvas.width, canvas.height);
      return { width: canvas.width, height: canvas.height, pixels: context.getImageData(0, 0, canvas.width, canvas.height).data };
    } };
}

// Each source is {next(), stop()}: `next` returns a promise of the next frame, null after the last one.
export async function storedFrames(addresses) {
  const images = await Promise.all(addresses.map(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  }));
  const canvas = canvasOf(images[0].naturalWidth, images[0].naturalHeight);
  let at = 0;
  return { next: async () => at < images.length ? canvas.take(images[at++]) : null, stop() {} };
}

async function videoFrames(video, end) {
  await video.play();
  const canvas = canvasOf(video.videoWidth, video.videoHeight);
  const next = () => new Promise((resolve) => {
    const take = () => resolve(video.ended ? null : canvas.take(video));
    if (video.ended || !video.requestVideoFrameCallback) { setTimeout(take, 30); return; }
    video.requestVideoFrameCallback(take);
    video.addEventListener("ended", () => resolve(null), { once: true });
  });
  return { next, pause: () => video.pause(), resume: () => video.play(), stop: () => { video.pause(); end(); } };
}

export async function cameraFrames() {
  if (!navigator.mediaDevices) { throw new Error("this page may not use a camera: open it over https or from this machine"); }
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, facingMode: "environment" } });
  const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
  return videoFrames(video, () => stream.getTracks().forEach((track) => track.stop()));
}

// A video is played; a picture is moved about in a circle, so that there is something to follow.
export async function fileFrames(file) {
  const address = URL.createObjectURL(file);
  if (file.type.startsWith("video/")) {
    const video = Object.assign(document.createElement("video"), { src: address, muted: true, playsInline: true });
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error(`${file.name}: not a video that this browser plays`));
    });
    return videoFrames(video, () => URL.revokeObjectURL(address));
  }
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: neither a picture nor a video that this browser shows`);
  });
  URL.revokeObjectURL(address);
  const canvas = canvasOf(picture.width, picture.height);
  let at = 0;
  return { stop: () => picture.close(), next: async () => {
    const angle = at++ / 15, reach = canvas.width / 12;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return canvas.take(picture, reach * Math.sin(angle), reach * (Math.cos(angle) - 1));
  } };
}
