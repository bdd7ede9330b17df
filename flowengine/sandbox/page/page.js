// Shows what the sandbox holds, once a second. Everything it shows is somebody's text: it is only ever set as textContent.

import { byId, clock, element, fact, read } from "/elements.js";
import { changes, drawPanels } from "/panels.js";

const EVERY = 1000;
const STATES = new Map([["queued", "Queued"], ["active", "Active"], ["onhold", "On hold"], ["closed", "Closed"]]);
const EVENTS = new Map([
  ["created", "Conversation created"], ["joined", "joined"], ["left", "left"], ["held", "Put on hold"],
  ["resumed", "Taken off hold"], ["reopened", "Re-opened"], ["closed", "Closed"],
]);
const SHOWN_OF_A_MESSAGE = new Set(["messageId", "aliasId", "direction", "messagetype", "text", "timestamp"]);

const entries = new Map(); // conversation id -> {revision, item}
let filter = null;
let seen = { total: 0, counts: {}, conversations: [] };
let drawn = ""; // what the thread shows: id, revision and link

function icon(channel) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${channel}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return element("span", { class: "channel", title: channel }, svg);
}

function textOf(message) {
  return message.text ?? message.plainBody ?? message.strippedText ?? message.bodyPlain ?? null;
}

function nameOf(conversation) {
  return conversation.customerName ?? conversation.customeraddress;
}

function state(conversation) {
  return element("span", { class: "state", "data-state": conversation.state }, STATES.get(conversation.state));
}

// The list

function preview(conversation) {
  const last = conversation.messages.at(-1);
  if (last === undefined) return "no messages";
  const text = textOf(last) ?? last.messagetype;
  return last.direction === "outbound" ? `↩ ${text}` : text;
}

function entryOf(conversation) {
  const button = element("button", { type: "button", class: "entry" },
    icon(conversation.channel),
    element("span", {},
      element("span", { class: "line name", dir: "auto" }, nameOf(conversation)),
      element("span", { class: "line preview", dir: "auto" }, preview(conversation))),
    element("span", { class: "side" }, state(conversation), clock(conversation.events.at(-1).at)));
  button.addEventListener("click", () => { location.hash = encodeURIComponent(conversation.conversationId); });
  return element("li", {}, button);
}

function drawList(chosen) {
  const list = byId("conversations");
  const focused = document.activeElement;
  const wanted = seen.conversations.filter((each) => filter === null || each.state === filter);
  const items = wanted.map((conversation) => {
    const known = entries.get(conversation.conversationId);
    const item = known?.revision === conversation.revision ? known.item : entryOf(conversation);
    entries.set(conversation.conversationId, { revision: conversation.revision, item });
    item.firstChild.setAttribute("aria-current", String(conversation.conversationId === chosen));
    return item;
  });
  for (const [place, item] of items.entries()) {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  }
  while (list.children.length > items.length) list.lastChild.remove();
  if (list.contains(focused)) focused.focus();
  drawNumbers(items.length);
}

function drawNumbers(listed) {
  for (const button of byId("filters").children) {
    button.querySelector("b").textContent = String(seen.counts[button.dataset.state] ?? 0);
    button.setAttribute("aria-pressed", String(filter === button.dataset.state));
  }
  document.body.classList.toggle("is-empty", seen.total === 0);
  byId("empty").hidden = seen.total > 0;
  const more = byId("more");
  const hidden = seen.total - seen.conversations.length;
  more.hidden = hidden === 0 && (listed > 0 || seen.total === 0);
  more.textContent = hidden > 0
    ? `The ${seen.conversations.length} that changed last, of ${seen.total}.`
    : `None is ${STATES.get(filter)?.toLowerCase()}.`;
}

// One conversation

function factsOf(conversation) {
  const facts = element("dl", { class: "facts" }, fact("Id", conversation.conversationId));
  for (const [name, value] of [["Alias", conversation.aliasId], ["Subject", conversation.subject],
    ["Thread", conversation.threadid], ["Team", conversation.teamId]]) {
    if (value !== null) facts.append(fact(name, element("bdi", {}, value)));
  }
  for (const [scope, values] of Object.entries(conversation.customFields)) {
    for (const [key, value] of Object.entries(values)) {
      facts.append(fact(`${key} (${scope})`, element("bdi", {}, typeof value === "string" ? value : JSON.stringify(value))));
    }
  }
  const agents = conversation.participants.map((agent) => element("span", { class: "agent" }, agent));
  if (agents.length > 0) facts.append(fact("Participants", ...agents));
  else if (conversation.userId !== null) facts.append(fact("Last agent", conversation.userId));
  return facts;
}

function headOf(conversation, isPinned) {
  const back = isPinned ? element("a", { class: "back", href: "#" }, isNarrow() ? "‹ All conversations" : "Follow the latest") : null;
  return element("div", { class: "thread-head" },
    element("div", { class: "who" },
      icon(conversation.channel),
      element("div", {},
        element("h3", {}, element("bdi", {}, nameOf(conversation))),
        element("p", {}, element("bdi", {}, conversation.customeraddress), " to ", element("bdi", {}, conversation.bizaddress))),
      element("div", { class: "now" }, state(conversation), back)),
    factsOf(conversation));
}

function messageOf(message) {
  const text = textOf(message);
  const rest = Object.entries(message).filter(([name]) => !SHOWN_OF_A_MESSAGE.has(name));
  const kind = message.messagetype === "text" ? message.direction : `${message.direction}, ${message.messagetype}`;
  return element("div", { class: "message", "data-direction": message.direction },
    element("div", { class: "bubble", dir: "auto" }, text ?? element("span", { class: "none" }, message.messagetype)),
    rest.length === 0 ? null : element("details", {},
      element("summary", {}, rest.map(([name]) => name).join(", ")),
      element("pre", {}, JSON.stringify(Object.fromEntries(rest), null, 2))),
    element("div", { class: "meta" }, kind, " · ", clock(message.timestamp)));
}

function happenedOf(event) {
  const text = EVENTS.get(event.event) ?? event.event;
  return element("p", { class: "happened" }, event.who === null ? text : element("bdi", {}, event.who),
    event.who === null ? null : ` ${text}`, clock(event.at));
}

function timelineOf(conversation) {
  const first = conversation.messageCount - conversation.messages.length;
  const timeline = element("div", { class: "timeline", tabindex: "0", role: "log", "aria-label": "Messages" });
  if (first > 0) timeline.append(element("p", { class: "happened" }, `${first} earlier messages are not shown`));
  const events = conversation.events.filter((event) => event.after >= first);
  for (const [place, message] of conversation.messages.entries()) {
    while (events.length > 0 && events[0].after <= first + place) timeline.append(happenedOf(events.shift()));
    timeline.append(messageOf(message));
  }
  timeline.append(...events.map(happenedOf));
  return timeline;
}

function isNarrow() {
  return matchMedia("(max-width: 760px)").matches;
}

function drawThread(conversation, isPinned, missing) {
  const what = conversation === undefined ? `${missing}` : `${conversation.conversationId}\n${conversation.revision} ${isPinned}`;
  if (what === drawn) return;
  const before = byId("thread").querySelector(".timeline");
  const isSame = drawn.split("\n")[0] === what.split("\n")[0];
  const atEnd = before === null || before.scrollHeight - before.scrollTop - before.clientHeight < 40;
  const scrolled = before?.scrollTop ?? 0;
  drawn = what;
  if (conversation === undefined) {
    const text = missing === null ? "None to show." : "This conversation is not here any more.";
    byId("thread").replaceChildren(element("p", { class: "nothing" }, text,
      missing === null ? null : element("br"), missing === null ? null : element("a", { class: "back", href: "#" }, "Follow the latest")));
    return;
  }
  const timeline = timelineOf(conversation);
  byId("thread").replaceChildren(headOf(conversation, isPinned), timeline);
  timeline.scrollTop = isSame && !atEnd ? scrolled : timeline.scrollHeight;
}

// What is fetched

function pinned() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || null;
  } catch {
    return null;
  }
}

async function draw() {
  const id = pinned();
  document.body.dataset.view = id === null ? "list" : "thread";
  const latest = seen.conversations.find((each) => filter === null || each.state === filter);
  let conversation = id === null ? latest : seen.conversations.find((each) => each.conversationId === id);
  if (id !== null && conversation === undefined) {
    conversation = await read(`/admin/conversations/${encodeURIComponent(id)}`);
  }
  drawList(conversation?.conversationId);
  drawThread(conversation, id !== null, id);
}

function drawLink(isUp) {
  byId("link").className = `link ${isUp ? "up" : "down"}`;
  const text = isUp ? "live" : "not reachable";
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
}

async function refresh() {
  setTimeout(refresh, EVERY);
  const before = changes();
  const paths = ["conversations", "faults", "credentials", "tenant", "callbacks", "streams"];
  const fetched = await Promise.all(paths.map((each) => read(`/admin/${each}`))).catch(() => null);
  drawLink(fetched !== null);
  if (fetched === null) return;
  seen = fetched[0];
  drawPanels(fetched.slice(1), before);
  await draw();
}

byId("filters").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button === null) return;
  filter = filter === button.dataset.state ? null : button.dataset.state;
  draw();
});
addEventListener("hashchange", draw);
byId("seed").textContent = `curl ${location.origin}/admin/conversations \\
  -H "Content-Type: application/json" \\
  -d '{"channel": "sms", "state": "queued",
       "customeraddress": "+447700900123",
       "bizaddress": "+447700900001"}'`;
refresh();
