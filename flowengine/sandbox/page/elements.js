// What every part of the page is made with. All that is shown is somebody's text: it is only ever set as text.

export const byId = (id) => document.getElementById(id);

// Characters that hide or turn text around are written out: what looks like a .png has to be one.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

export function visible(text) {
  return text.replace(UNSEEN, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(name, value);
  }
  for (const child of children) {
    if (child !== null) made.append(typeof child === "string" ? visible(child) : child);
  }
  return made;
}

export function clock(iso) {
  const moment = new Date(iso);
  const time = moment.toLocaleTimeString([], { hour12: false });
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = isToday ? "" : `${moment.toLocaleDateString([], { day: "numeric", month: "short" })}, `;
  return element("time", { datetime: iso, title: iso }, Number.isNaN(moment.getTime()) ? iso : day + time);
}

export function fact(name, ...values) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, ...values));
}

export async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : undefined;
}
