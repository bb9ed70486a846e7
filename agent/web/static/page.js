"use strict";
// Shows the agent's pages: fetches what the address after # names, puts it into the page, and sends its forms.
//
// The key of the session is in the memory of this tab (sessionStorage), never in a cookie or an address. What the agent
// sends is parsed in one place (`parsed`), which the browser enforces by Trusted Types. Source: security 6.2.

const KEY = "key";
const CAREFUL = 500;  // ms that a page must have been seen before a question on it can be answered (UI-12)
const AGAIN = 2000;   // ms until a lost agent is looked for again
const SAID = 8000;    // ms for which it stands what was done

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const policy = window.trustedTypes ? trustedTypes.createPolicy("pages", { createHTML: text => text }) : { createHTML: text => text };

let shownPath = "";
let saying = 0;       // the timer after which it is taken away
let turn = 0;         // of the page asked for last: an answer to an earlier one is not shown

// ---- the one place where text becomes a page ------------------------------------------------------------------------

function parsed(html) {
  const found = new DOMParser().parseFromString(policy.createHTML(html), "text/html");
  for (const each of $$("script, iframe, object, embed, base, link, meta, style", found)) each.remove();
  return found;
}

// ---- asking the agent -----------------------------------------------------------------------------------------------

function asked(path, body, more = {}) {
  const headers = { Authorization: `Session ${sessionStorage.getItem(KEY) ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body && JSON.stringify(body), ...more });
}

async function opened() {
  const code = location.hash.match(/^#k=(.+)$/)?.[1];
  if (code === undefined) return;
  history.replaceState(null, "", "/#/");
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/session", { method: "POST", headers, body: JSON.stringify({ code }) });
  if (answer.ok) sessionStorage.setItem(KEY, (await answer.json()).key);
}

// ---- showing a page -------------------------------------------------------------------------------------------------

const place = () => location.hash.startsWith("#/") ? location.hash.slice(1) : "/";

async function show() {
  const mine = ++turn, path = place(), before = changes;
  let answer, text;
  try {
    answer = await asked(`/pages${path}`);
    text = await answer.text();
  } catch {
    if (mine === turn) { instead("away"); setTimeout(show, AGAIN); }
    return;
  }
  if (mine !== turn) return;
  if (answer.status === 401) return instead("lost");
  put(parsed(text));
  shownPath = path;
  watch();
  if (changes !== before) refresh();
}

function instead(name) {
  $("#menu").replaceChildren();
  $("#page").replaceChildren($(`#${name}`).content.cloneNode(true));
  seen();
}

function put(found) {
  const menu = $("nav", found);
  $("#menu").replaceChildren(...(menu ? [menu] : []));
  $("#page").replaceChildren(...$("main", found).childNodes);
  current();
  seen();
}

function current() {
  const path = place().split("?")[0];
  const fitting = $$("#menu a").filter(each => path === each.hash.slice(1) || (each.hash !== "#/" && path.startsWith(`${each.hash.slice(1)}/`)));
  for (const each of fitting) each.setAttribute("aria-current", "page");
  const menu = $("#menu details");
  if (menu) menu.open = matchMedia("(min-width: 60rem)").matches;
}

// What cannot be undone is not done by a press that was meant for what stood there before (UI-12).
function careful(within) {
  const buttons = $$("form[data-careful] button", within).filter(each => !each.disabled);
  for (const each of buttons) each.disabled = true;
  setTimeout(() => { for (const each of buttons) each.disabled = false; }, CAREFUL);
}

function seen() {
  careful($("#page"));
  const title = $("#page [data-title]")?.dataset.title ?? $("#page h1")?.textContent ?? "";
  document.title = title ? `${title} · freerange` : "freerange";
  scrollTo(0, 0);
  ($("#page [autofocus]") ?? $("#page h1"))?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("page"));
}

// ---- sending a form -------------------------------------------------------------------------------------------------

async function filled(form, button) {
  const found = {};
  const several = new Set($$("[data-several]", form).map(each => each.name));
  for (const name of several) found[name] = [];
  for (const [name, value] of new FormData(form, button)) {
    const given = value instanceof File ? await content(value, form.elements[name]) : value;
    if (several.has(name)) found[name].push(given); else found[name] = given;
  }
  return found;
}

function content(file, input) {
  if (!file.size) return null;
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onerror = () => failed(reader.error);
    reader.onload = () => done({ name: file.name, type: file.type, content: String(reader.result).replace(/^[^,]*,/, "") });
    if (input.dataset.as === "text") {
      reader.onload = () => done(reader.result);
      reader.readAsText(file);
    } else reader.readAsDataURL(file);
  });
}

async function send(form, button) {
  const buttons = $$("button", form).filter(each => !each.disabled), from = place();
  fault(form, "");
  let answer;
  try {
    const body = await filled(form, button);
    for (const each of buttons) each.disabled = true;
    form.setAttribute("aria-busy", "true");
    answer = await asked(`/pages${form.dataset.post}`, body);
    if (answer.status === 401) return instead("lost");
    await done(form, answer, () => place() === from);
  } catch {
    fault(form, "The agent does not answer. Nothing is known to be done; look again before you repeat it.");
  } finally {
    form.removeAttribute("aria-busy");
    for (const each of buttons) each.disabled = false;
  }
}

// here: whether she is still on this page. Once she has gone to another, she is not called back.
async function done(form, answer, here) {
  if (answer.headers.has("Content-Disposition")) return save(answer);
  const text = await answer.text();
  if (answer.headers.get("Content-Type").startsWith("text/html")) return here() && put(parsed(text));
  const found = JSON.parse(text);
  if (found.error) return here() ? fault(form, found.error) : say(found.error);
  say(found.said);
  if (!here()) return;
  if (place() === found.go) await show(); else location.hash = `#${found.go}`;
}

function say(words) {
  clearTimeout(saying);
  $("#said").textContent = words;
  saying = setTimeout(() => { $("#said").textContent = ""; }, SAID);
}

function fault(form, words) {
  let shown = $("[role=alert]", form);
  if (!shown && words) {
    shown = document.createElement("p");
    shown.setAttribute("role", "alert");
    form.append(shown);
  }
  if (shown) shown.textContent = words;
}

async function save(answer) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = answer.headers.get("Content-Disposition").match(/filename="(.*)"/)[1];
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- what changes while it is looked at -----------------------------------------------------------------------------

let watching = false;
let changes = 0;      // how often the wallet was said to have changed

async function watch() {
  if (watching) return;
  watching = true;
  const leaving = new AbortController();
  let ended = "away";
  try {
    const answer = await asked("/events", undefined, { signal: leaving.signal });
    if (answer.ok) {
      ended = "lost";
      ended = await follow(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    }
  } catch { /* the agent went, or this computer slept */ }
  leaving.abort();  // a browser has six connections to an agent, and this one is not to be left open
  watching = false;
  setTimeout(() => {  // whoever locked or opened it on this page has seen another page by now
    const locked = !$("#menu nav");
    const other = ended === "opened" ? locked : ended === "locked" ? !locked : ended === "away";
    if (other) show(); else watch();  // a page that is still right is left alone: she may be typing
  }, AGAIN / 4);
}

async function follow(reader) {
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return "lost";
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const ended of ["locked", "opened"]) if (events.some(each => each.startsWith(`event: ${ended}`))) return ended;
    if (!events.some(each => each.startsWith("event: changed"))) continue;
    changes++;
    await refresh();  // the first time, too: the page may be older than the stream
  }
}

// What she has opened stays open: a fold is known by what stands in it. Returns what is to be focused, if it was there.
function unfold(was, now) {
  const folds = new Map($$("details", now).map(each => [each.textContent, each]));
  let focus = null;
  for (const each of $$("details", was)) {
    const same = folds.get(each.textContent);
    if (same && each.open) same.open = true;
    if (same && $("summary", each) === document.activeElement) focus = $("summary", same);
  }
  return focus;
}

function inUse(region) {  // whether she is at something there, or has read a fault there, or begun to type
  const focus = document.activeElement;
  return (region.contains(focus) && focus.tagName !== "SUMMARY") || $("[role=alert]:not(:empty)", region) || begun(region);
}

function begun(region) {  // whether something was typed or ticked there that is not sent yet
  return $$("input, textarea", region).some(each => each.value !== each.defaultValue || each.checked !== each.defaultChecked);
}

async function refresh() {
  const mine = turn, path = place(), before = changes;
  if (path !== shownPath) return;
  let answer, text;
  try {
    answer = await asked(`/pages${path}`);
    text = await answer.text();
  } catch { return; }  // the agent went, which the stream notices, too
  if (!answer.ok || mine !== turn) return;  // another page is on its way, which looks again by itself
  const found = parsed(text);
  for (const each of $$("#page [data-live]")) {
    const now = found.getElementById(each.id);
    if (now && !inUse(each)) {
      careful(now);
      const focus = unfold(each, now);
      each.replaceWith(now);
      focus?.focus({ preventScroll: true });
    }
  }
  const count = $("#waiting", found), shown = $("#waiting");
  if (count && shown) shown.replaceWith(count);
  if (changes !== before) await refresh();
}

// ---- what is done with the page -------------------------------------------------------------------------------------

document.addEventListener("submit", event => {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.get) {
    location.hash = `#${form.dataset.get}?${new URLSearchParams([...new FormData(form)].filter(([, value]) => value))}`;
  } else send(form, event.submitter);
});

document.addEventListener("click", event => {  // a link to where we are: a form's answer may stand there instead
  const link = event.target.closest("a[href]");
  if (link && link.hash && link.hash === location.hash) show();
});

document.addEventListener("click", async event => {
  const on = event.target.closest("[data-copy], [data-file], [data-print], [data-all]");
  if (!on) return;
  if (on.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(on.dataset.copy);
    say("Copied.");
  } else if (on.dataset.file !== undefined) {
    const answer = await asked(`/pages${on.dataset.file}`);
    if (answer.ok) await save(answer);
    else say("That file cannot be had now.");
  } else if (on.dataset.all !== undefined) {
    for (const each of $$(`input[type=checkbox][name="${on.dataset.all}"]`, on.closest("form"))) each.checked = on.checked;
  } else print();
});

$("#skip").addEventListener("click", () => ($("#page h1") ?? $("#page")).focus());
addEventListener("hashchange", async () => { await opened(); show(); });
opened().then(show);
