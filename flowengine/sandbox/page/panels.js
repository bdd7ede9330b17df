// The panels above the conversations: access, tenant, callbacks, streaming; and the line that says which faults are set.

import { byId, clock, element, fact, read, visible } from "/elements.js";

let faultsText = "";
const tenantChanges = new Map(); // button -> what it changes
const shownText = new Map(); // panel -> the JSON that it shows
let deeds = 0;

/** How often a button has changed something. What was fetched before that is not shown. */
export const changes = () => deeds;

/** Show what was fetched when `changes` was `before`: faults, credentials, tenant, callbacks, streams. */
export function drawPanels([faults, credentials, tenant, callbacks, streams], before) {
  drawFaults(faults.faults);
  if (deeds === before) {
    drawAccess(credentials);
    drawTenant(tenant);
  }
  drawCallbacks(callbacks);
  drawStreams(streams);
}

// Whether a panel shows something else; what is the same is left alone, with its selection and what is open in it.
function isNew(panel, value) {
  const text = JSON.stringify(value);
  if (shownText.get(panel) === text) return false;
  shownText.set(panel, text);
  return true;
}

function say(panel, text, isAlarm = false) {
  const said = byId(`${panel}-state`);
  said.textContent = visible(text);
  said.title = visible(text);
  said.classList.toggle("alarm", isAlarm);
}

// Faults

function describe(fault) {
  const what = fault.match.operation ?? fault.match.path ?? "any call";
  const effects = [fault.status, ...["broken", "cut", "reset", "expireToken"].filter((name) => fault[name])];
  if (fault.callback) effects.push(`callback ${fault.callback}`);
  if (fault.callbackDelay) effects.push(`callback after ${fault.callbackDelay}`);
  const effect = effects.filter(Boolean).join(", ") || "delay";
  const left = fault.times === "always" ? "always" : `${fault.times - fault.used} left`;
  return `${[fault.match.method, what].filter(Boolean).join(" ")}: ${effect}${fault.delay ? ` after ${fault.delay}` : ""} (${left})`;
}

function drawFaults(faults) {
  const live = faults.filter((fault) => fault.times === "always" || fault.used < fault.times);
  const text = live.length === 0 ? "" : `Faults are set. ${live.map(describe).join(" · ")}`;
  if (text === faultsText) return;
  faultsText = text;
  byId("faults").textContent = text;
  byId("faults").hidden = text === "";
}

// Login, clients and tokens

const DEEDS = new Map([
  ["expire", (done) => `${done.expired} access tokens have expired. Refresh tokens are still good.`],
  ["revoke", (done) => `${done.revoked} permissions are revoked, with all their tokens. Refreshing is refused.`],
  ["change", () => "Password and client secret are new, as shown above. Nothing of before is good any more."],
]);

function drawAccess(access) {
  if (!isNew("access", access)) return;
  const { tokens } = access;
  const changed = access.changes === 0 ? "" : `credentials changed ${access.changes}×, last at ${clock(access.changedAt).textContent} · `;
  say("access", `${changed}valid: ${tokens.access} access, ${tokens.refresh} refresh tokens`, access.changes > 0);
  byId("access-facts").replaceChildren(fact("Login", access.login), fact("Password", access.password),
    fact("Public client", access.publicClientId), fact("Client id", access.clientId), fact("Client secret", access.clientSecret),
    fact("Access tokens live", `${access.tokenLifetime} s`));
}

async function doDeed(button) {
  const { path, order } = button.dataset;
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ [order]: true }),
  }).catch(() => null);
  const text = answer?.ok ? DEEDS.get(order)(await answer.json()) : "This did not work: the sandbox does not answer.";
  deeds += 1;
  const access = await read("/admin/credentials").catch(() => undefined);
  if (access !== undefined) drawAccess(access);
  byId("deed").textContent = text;
}

// The tenant

function drawTenant(tenant) {
  if (!isNew("tenant", tenant)) return;
  const { contactCenterLinked: isLinked, integrations, assets } = tenant;
  const isEntitled = integrations.includes("webex-engage");
  const lacks = [isLinked ? null : "not linked", isEntitled ? null : "not entitled"].filter(Boolean).join(", ");
  say("tenant", lacks || `linked, ${assets.length} assets`, lacks !== "");
  byId("tenant-facts").replaceChildren(fact("Id", tenant.tenantId), fact("Contact Center", isLinked ? "linked" : "not linked"),
    fact("Integrations", integrations.join(", ") || "none"));
  byId("assets").replaceChildren(...assets.map((asset) => element("li", {},
    element("bdi", {}, asset.name), element("span", { class: "where" }, `${asset.channel} ${asset.address}`), element("span", { class: "mark-of" }, asset.id))));
  drawSwitch("link-tenant", isLinked, "Unlink from Contact Center", "Link to Contact Center", { contactCenterLinked: !isLinked });
  drawSwitch("entitle-tenant", isEntitled, "Withdraw the Engage entitlement", "Give the Engage entitlement", {
    integrations: isEntitled ? integrations.filter((each) => each !== "webex-engage") : [...integrations, "webex-engage"],
  });
}

function drawSwitch(id, isOn, take, give, change) {
  const button = byId(id);
  button.textContent = isOn ? take : give;
  button.classList.toggle("takes", isOn);
  tenantChanges.set(button, change);
}

async function changeTenant(button) {
  const answer = await fetch("/admin/tenant", {
    method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(tenantChanges.get(button)),
  }).catch(() => null);
  deeds += 1;
  if (answer?.ok) drawTenant(await answer.json());
}

// Callbacks and streaming

const MARKS = new Map([["delivered", "good"], ["waiting", "waits"], ["held", "waits"], ["failed", "bad"], ["never", "bad"]]);

function bodyOf(body) {
  return element("details", {}, element("summary", {}, "body"), element("pre", {}, JSON.stringify(body, null, 2)));
}

function fill(list, items) {
  const open = new Set([...list.querySelectorAll("details[open]")].map((each) => each.closest("li").dataset.number));
  list.replaceChildren(...items);
  for (const item of list.querySelectorAll("li")) {
    if (open.has(item.dataset.number)) item.querySelector("details").open = true;
  }
}

function callbackOf(callback) {
  const tries = callback.posts > 1 ? `, ${callback.posts} posts` : "";
  const last = callback.last === null ? "" : ` ${callback.last}`;
  return element("li", { "data-number": String(callback.number) },
    element("span", {}, callback.event),
    element("span", { class: "where" }, `${callback.tid} to ${callback.url}`),
    clock(callback.at),
    element("span", { class: `mark-of ${MARKS.get(callback.state) ?? ""}` }, `${callback.state}${last}${tries}`),
    bodyOf(callback.body));
}

function drawCallbacks(told) {
  if (!isNew("callbacks", told)) return;
  const counts = Object.entries(told.counts).map(([name, count]) => `${count} ${name}`);
  say("callbacks", counts.join(", ") || "none yet", "failed" in told.counts);
  byId("callbacks-none").hidden = told.total > 0;
  byId("callbacks-facts").replaceChildren(fact("Secret", told.secret));
  fill(byId("callbacks-rows"), told.callbacks.map(callbackOf));
}

function eventOf(event) {
  const marks = [event.copies > 1 ? `${event.copies}×` : null, event.differs ? "copies differ" : null, event.late ? "out of order" : null];
  const mark = marks.filter(Boolean).join(", ");
  return element("li", { "data-number": String(event.number) },
    element("span", {}, `${event.number}. ${event.event}`),
    element("span", { class: "where" }, `${event.id}, ts ${event.ts}`),
    clock(event.receivedAt),
    element("span", { class: `mark-of ${mark === "" ? "good" : "waits"}` }, mark || "once"),
    bodyOf(event.body));
}

function drawStreams(told) {
  if (!isNew("streams", told)) return;
  const channels = Object.entries(told.channels).map(([name, count]) => `${count} ${name}`).join(", ");
  const duplicates = told.duplicates === 0 ? "" : ` · ${told.duplicates} sent again`;
  say("streams", `${channels || "no events yet"}${duplicates}`);
  byId("streams-none").hidden = told.total > 0;
  const talks = new Map();
  for (const event of told.events) talks.set(event.conversation, [...(talks.get(event.conversation) ?? []), event]);
  fill(byId("streams-rows"), [...talks].map(([name, events]) => element("div", { class: "talk" },
    element("h3", {}, element("bdi", {}, name)), element("ul", { class: "rows" }, ...events.toReversed().map(eventOf)))));
}

byId("access").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button !== null) doDeed(button);
});
byId("tenant").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button !== null) changeTenant(button);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector(".panel[open]")?.removeAttribute("open");
});
