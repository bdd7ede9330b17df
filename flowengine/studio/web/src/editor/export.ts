import { picture } from "../api/studio";
import type { Doc } from "../api/types";

function offer(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function exportSvg(id: string, doc: Doc): Promise<void> {
  offer(new Blob([await picture(doc.text, doc.path)], { type: "image/svg+xml" }), `${id}.svg`);
}

/** Draw the SVG twice as large as it is, so that it is sharp in a document. */
export async function exportPng(id: string, doc: Doc, scale = 2): Promise<void> {
  const svg = await picture(doc.text, doc.path);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * scale;
  canvas.height = image.naturalHeight * scale;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  canvas.toBlob((blob) => blob && offer(blob, `${id}.png`), "image/png");
}

/** Print the whole picture: what is in sight on the canvas is only a part of it. */
export async function printPicture(doc: Doc): Promise<void> {
  const image = new Image();
  image.className = "print-sheet";
  image.alt = doc.title ?? doc.id ?? "";
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await picture(doc.text, doc.path))}`;
  await image.decode();
  document.body.append(image);
  window.addEventListener("afterprint", () => image.remove(), { once: true });
  window.print();
}
