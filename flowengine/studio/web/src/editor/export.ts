import { drawing } from "../canvas/drawing";
import type { Look } from "../canvas/drawingStyle";
import { shownPicture } from "../canvas/showing";
import { shown } from "../parts/Name";

function offer(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function drawn(title: string, look: Look) {
  const picture = shownPicture();
  return picture && drawing(picture, title, look);
}

export function exportSvg(id: string, title: string): void {
  const file = drawn(title, "both");
  if (file) offer(new Blob([file.svg], { type: "image/svg+xml" }), `${id}.svg`);
}

async function imageOf(svg: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  return image;
}

/** No browser draws a larger picture than this, in pixels a side. */
const MOST = 16_000;

/** Draw the picture twice as large as it is, in the colours of the page, so that it is sharp in a document. */
export async function exportPng(id: string, title: string): Promise<void> {
  const isDark = getComputedStyle(document.querySelector(".react-flow") ?? document.body).colorScheme === "dark" || document.querySelector(".react-flow.dark") !== null;
  const file = drawn(title, isDark ? "dark" : "light");
  if (!file) return;
  const scale = Math.min(2, MOST / Math.max(file.width, file.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(file.width * scale);
  canvas.height = Math.round(file.height * scale);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.drawImage(await imageOf(file.svg), 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && offer(blob, `${id}.png`), "image/png");
}

/** Print the whole picture: what is in sight on the canvas is only a part of it. */
export async function printPicture(title: string): Promise<void> {
  const file = drawn(title, "light");
  if (!file) return;
  const image = await imageOf(file.svg);
  image.alt = shown(title);
  const heading = document.createElement("h1");
  heading.textContent = image.alt;
  const sheet = document.createElement("div");
  sheet.className = "print-sheet";
  sheet.append(heading, image);
  document.querySelector(".print-sheet")?.remove();
  document.body.append(sheet);
  window.addEventListener("afterprint", () => sheet.remove(), { once: true });
  window.print();
}
