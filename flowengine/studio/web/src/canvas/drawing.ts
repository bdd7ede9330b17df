import type { EdgeKind, Graph, GraphNode, Point, Rect } from "../api/types";
import { iconOf, pathOf, type IconName } from "../parts/icons";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { defaultEdges, edgeKey, type Bundle } from "./bundles";
import { styleOf, type Look } from "./drawingStyle";
import type { NodeMark, Overlay } from "./overlay";
import { labelSize } from "./lanes";
import type { Route } from "./routing";
import { depthOf, nameOf } from "./subflows";

/** What is on a canvas, all of it: also what is out of sight. */
export interface Shown {
  graph: Graph;
  visible: ReadonlySet<string>;
  lines: readonly Bundle[];
  routes: ReadonlyMap<string, Route>;
  defaults: boolean;
  overlay: Overlay | undefined;
}

const MARGIN = 24;
const SIGN = { success: "M-3.500 0a3.500 3.500 0 1 0 7 0a3.500 3.500 0 1 0 -7 0z", error: "M-3 -3l6 6M3 -3l-6 6", "fall-through": "M0 -4l4 4l-4 4l-4 -4z" };
const TIPS = { down: "l-5 -9h10z", up: "l-5 9h10z", left: "l8 -5v10z" };
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const safe = (text: string) => shown(text).replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");
const n = (value: number) => String(Math.round(value * 10) / 10);
const frame = ({ x, y, width, height }: Rect) => `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
const words = (name: string, x: number, y: number, text: string) => `<text class="${name}" x="${n(x)}" y="${n(y)}">${safe(text)}</text>`;

/** Draw what is on a canvas as an SVG file of its own: all text is text, and nothing is fetched. */
export function drawing(picture: Shown, title: string, look: Look): { svg: string; width: number; height: number } {
  const { graph, visible, lines, routes, defaults, overlay } = picture;
  const nodes = graph.nodes.filter((node) => visible.has(node.id)).sort((one, other) => depthOf(one.id) - depthOf(other.id));
  const drawn = lines.flatMap((bundle) => {
    const route = routes.get(bundle.key);
    return route ? [{ bundle, route }] : [];
  });
  const card = defaults ? defaultsArea(graph) : null;
  const area = extent([...nodes, ...(graph.trigger ? [graph.trigger] : []), ...(card ? [card] : []), ...drawn.flatMap(({ bundle, route }) => [route.area, labelArea(bundle, route)])]);
  const parts = [
    ...nodes.filter((node) => node.frame).map((node) => drawFrame(node)),
    ...drawn.map(({ bundle, route }) => drawLine(bundle, route, overlay)),
    ...drawn.filter(({ bundle }) => bundle.labelled).map(({ bundle, route }) => drawLabel(bundle, route, overlay)),
    ...(graph.trigger ? [drawTrigger(graph.trigger)] : []),
    ...nodes.filter((node) => !node.frame).map((node) => drawCard(node, overlay)),
    ...(card ? [drawDefaults(graph, card)] : []),
  ];
  const size = `width="${n(area.width)}" height="${n(area.height)}" viewBox="${n(area.x)} ${n(area.y)} ${n(area.width)} ${n(area.height)}"`;
  const ground = `<rect class="ground" ${frame(area)}/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${safe(title)}">\n<style>${styleOf(look)}</style>\n${[ground, ...parts].join("\n")}\n</svg>\n`;
  return { svg, width: area.width, height: area.height };
}

function extent(areas: readonly Rect[]): Rect {
  const [x, y] = [Math.min(...areas.map((one) => one.x)) - MARGIN, Math.min(...areas.map((one) => one.y)) - MARGIN];
  const [right, bottom] = [Math.max(...areas.map((one) => one.x + one.width)) + MARGIN, Math.max(...areas.map((one) => one.y + one.height)) + MARGIN];
  return { x, y, width: right - x, height: bottom - y };
}

function labelArea(bundle: Bundle, { label }: Route): Rect {
  const { width: least, height } = labelSize(bundle);
  const width = least && Math.max(least, ...bundle.edges.map((edge) => (widthOf(edge.label) * 11.5) / 14 + 32));
  return { x: label.x - width / 2, y: label.y - height / 2, width, height };
}

/** Return how a line has gone in a run, or what has become of it. */
function toneOf(bundle: Bundle, overlay: Overlay | undefined): string {
  if (bundle.state && bundle.state !== "same") return ` tone-${bundle.state}`;
  const tone = bundle.edges.map((edge) => overlay?.edges.get(edgeKey(edge.from, edge.outcome))?.tone).find(Boolean);
  return tone ? ` tone-${tone}` : "";
}

function drawLine(bundle: Bundle, route: Route, overlay: Overlay | undefined): string {
  const name = `${bundle.kind}${bundle.default ? " by-default" : ""}${toneOf(bundle, overlay)}`;
  return `<path class="line ${name}" d="${route.path}"/><path class="tip ${name}" d="M${n(route.tip.x)} ${n(route.tip.y)}${TIPS[route.tip.direction]}"/>`;
}

const sign = (kind: EdgeKind, { x, y }: Point) => `<path class="sign ${kind}" transform="translate(${n(x)} ${n(y)})" d="${SIGN[kind]}"/>`;

function drawLabel(bundle: Bundle, route: Route, overlay: Overlay | undefined): string {
  const area = labelArea(bundle, route);
  const chips = bundle.edges.map((edge, number) => {
    const mark = overlay?.edges.get(edgeKey(edge.from, edge.outcome));
    const count = mark?.badge ?? ((mark?.count ?? 0) > 1 ? String(mark?.count) : "");
    const y = area.y + 12 + 18 * number;
    return sign(edge.kind, { x: area.x + 12, y }) + words(`chip ${edge.kind}`, area.x + 21, y + 4, count ? `${edge.label}  ${count}` : edge.label);
  });
  return `<g><rect class="label ${bundle.kind}" ${frame(area)} rx="7"/>${chips.join("")}</g>`;
}

const heat = (mark: NodeMark | undefined) => (mark?.heat === undefined ? "" : ` heat-${Math.min(5, Math.ceil(mark.heat * 5))}`);

function drawCard(node: GraphNode, overlay: Overlay | undefined): string {
  const mark = overlay?.nodes.get(node.id);
  const tone = node.state && node.state !== "same" ? node.state : mark?.tone;
  const name = `card ${node.kind} ${node.end ?? ""}${tone ? ` tone-${tone}` : ""}${heat(mark)}`;
  const round = node.kind === "end" ? node.height / 2 : 9;
  const left = node.kind === "end" ? node.x + 36 : node.x + 18;
  const titles = wrapped(node.title ?? nameOf(node.id), node.x + node.width - 8 - left);
  const facts = [node.title === null ? "" : nameOf(node.id), node.type === null ? "" : `${node.type}${node.version === null ? "" : `@${node.version}`}`].filter(Boolean);
  const top = node.y + (node.height - 17 * (titles.length + facts.length)) / 2 + 13;
  const key = node.authorization === null ? "" : `<text class="key" x="${n(node.x + node.width - 8)}" y="${n(top + 17 * titles.length)}">${safe(node.authorization)}</text>`;
  const texts = [...titles.map((line) => ["title", line] as const), ...facts.map((line) => ["code", line] as const)].map(([look, line], number) => words(look, left, top + 17 * number, line));
  const badge = mark?.badge === undefined ? "" : `<text class="badge" x="${n(node.x + node.width - 12)}" y="${n(node.y + 4)}">${safe(mark.badge)}</text>`;
  return `<g class="${name.trim()}">${outline(node, round)}${drawIcon(node)}${texts.join("")}${titles.length + facts.length > 2 ? key : ""}${badge}</g>`;
}

/** What waits is round at its right, as a delay is in flow charts; a call has a second border. */
function outline(node: GraphNode, round: number): string {
  const { x, y, width, height } = node;
  if (node.kind === "wait") {
    const bow = Math.min(height / 2, 24);
    const side = `H${n(x + width - bow)}a${n(bow)} ${n(bow)} 0 0 1 ${n(bow)} ${n(bow)}v${n(height - 2 * bow)}a${n(bow)} ${n(bow)} 0 0 1 ${n(-bow)} ${n(bow)}`;
    return `<path class="face" d="M${n(x + 9)} ${n(y)}${side}H${n(x + 9)}a9 9 0 0 1 -9 -9v${n(18 - height)}a9 9 0 0 1 9 -9z"/>`;
  }
  const inner = node.kind === "call" ? `<rect class="face" ${frame({ x: x + 3.5, y: y + 3.5, width: width - 7, height: height - 7 })} rx="6"/>` : "";
  return `<rect class="face" ${frame(node)} rx="${n(round)}"/>${inner}`;
}

function drawIcon(node: GraphNode): string {
  const icon: IconName = node.end === "success" ? "check" : node.end === "error" ? "cross" : iconOf(node.type, node.kind);
  const [x, y] = [node.kind === "end" ? node.x + 10 : node.x - 13, node.y + node.height / 2 - 13];
  const back = node.kind === "end" ? "" : `<rect class="icon-back" ${frame({ x, y, width: 26, height: 26 })} rx="8"/>`;
  return `${back}<path class="icon" transform="translate(${n(x + 5)} ${n(y + 5)})" d="${pathOf(icon)}"/>`;
}

function drawFrame(node: GraphNode): string {
  const head = words("title", node.x + 12, node.y + 20, node.title ?? nameOf(node.id)) + `<text class="key" x="${n(node.x + node.width - 12)}" y="${n(node.y + 20)}">${safe(node.flow ?? "")}</text>`;
  const said = node.frame?.said == null ? "" : words("chip", node.x + 16, node.y + 60, node.frame.said);
  return `<g class="frame"><rect class="face" ${frame(node)} rx="12"/><path class="line by-default" d="M${n(node.x)} ${n(node.y + 30)}H${n(node.x + node.width)}"/>${head}${said}</g>`;
}

function drawTrigger(trigger: NonNullable<Graph["trigger"]>): string {
  const lines = trigger.lines.map((line, number) => words(number === 0 ? "title middle" : "code middle", trigger.x + trigger.width / 2, trigger.y + trigger.height / 2 - 8.5 * trigger.lines.length + 13 + 17 * number, line));
  return `<g class="card start"><rect class="face" ${frame(trigger)} rx="20"/>${lines.join("")}</g>`;
}

function defaultsArea(graph: Graph): Rect | null {
  if (defaultEdges(graph).size === 0) return null;
  const { x, y, width, height } = graph.defaults ?? { x: graph.width + 24, y: 24, width: 220, height: 150 };
  return { x, y, width, height };
}

function drawDefaults(graph: Graph, area: Rect): string {
  let y = area.y + 22;
  const parts = [words("title", area.x + 14, y, strings.canvas.anyNode)];
  for (const [target, edges] of defaultEdges(graph)) {
    parts.push(words("chip", area.x + 14, (y += 22), `${strings.outcomes.byDefault} → ${target}`));
    let x = Infinity;
    for (const { label, kind } of edges) {
      const width = 24 + (widthOf(label) * 11.5) / 14;
      if (x + width > area.x + area.width) [x, y] = [area.x + 19, y + 18];
      parts.push(sign(kind, { x, y: y - 4 }) + words(`chip ${kind}`, x + 9, y, label));
      x += width;
    }
    y += 6;
  }
  return `<g class="card start"><rect class="face" ${frame(area)} rx="20"/>${parts.join("")}</g>`;
}

/** Break a title into two lines at most, as the canvas does. */
function wrapped(title: string, room: number): string[] {
  const lines = [""];
  for (const word of shown(title).split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (widthOf(longer) <= room || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length > 2) lines.splice(1, lines.length, lines.slice(1).join(" "));
  return lines.map((line) => cut(line, room));
}

function cut(line: string, room: number): string {
  if (widthOf(line) <= room) return line;
  const letters = Array.from(new Intl.Segmenter().segment(line), (one) => one.segment);
  while (letters.length > 1 && widthOf(`${letters.join("")}…`) > room) letters.pop();
  return `${letters.join("")}…`;
}

let pen: CanvasRenderingContext2D | null = null;

function widthOf(text: string): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * 8;
  pen.font = `600 14px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}
