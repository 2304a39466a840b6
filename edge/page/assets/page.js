// The installer's page: a list of steps, each green or red with its remedy. Every word comes from the gateway.

import { canopyOver, handlesOver, horizonOver, picture } from "/picture.js";

const SIGNS = { good: "✓", bad: "!", open: "…", idle: "–" };
const LIVE_MS = 1500;
const byId = (id) => document.getElementById(id);

let words = {};
let language = "en";
let overview = null;
let opened = null;
let camera = 0;
let live = null;
let asked = 0;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "click") made.addEventListener("click", value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const act = (text, click, first = false) => element("button", { type: "button", class: first ? "first" : "", click }, text);

function tell(text) {
  const trouble = byId("trouble");
  trouble.textContent = text ?? "";
  trouble.hidden = !text;
}

async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    tell(words.lost);
    throw new Error("lost");
  }
  const answer = await response.json();
  if (response.ok) return answer;
  if (answer.refused === "enter") showDoor();
  else if (answer.refused === "closed") tell(words.closed);
  else if (path === "/enter") tell(words.wrong_code);
  else tell(answer.detail ?? answer.refused);
  throw new Error(answer.refused);
}

async function speak(chosen) {
  const answer = await ask(`/words?language=${chosen}`);
  language = chosen;
  words = answer.page;
  document.documentElement.lang = chosen;
  document.documentElement.dir = answer.direction;
  document.title = words.title;
  byId("title").textContent = words.title;
  byId("language").value = chosen;
  byId("language-label").textContent = words.languages;
  byId("code-help").textContent = words.code_help;
  byId("code-label").textContent = words.code;
  byId("enter").textContent = words.enter;
  byId("steps").setAttribute("aria-label", words.steps);
}

function showDoor() {
  stopLive();
  byId("steps").hidden = true;
  byId("door").hidden = false;
}

async function showSteps() {
  overview = await ask(`/overview?language=${language}`);
  byId("door").hidden = true;
  byId("gateway").textContent = overview.gateway;
  const list = byId("steps");
  list.replaceChildren(...overview.steps.map(({ step, name }) => {
    const panel = element("div", { class: "panel", id: `panel-${step}`, hidden: true });
    const button = element("button", {
      type: "button", "aria-expanded": "false", "aria-controls": panel.id, click: () => open(step === opened ? null : step),
    }, element("span", { class: "sign", "aria-hidden": "true" }, SIGNS.idle), element("span", { class: "name" }, name),
    element("span", { class: "state" }));
    return element("li", { id: `step-${step}` }, element("h2", { class: "head" }, button), panel);
  }));
  list.hidden = false;
  tell(null);
  const wanted = opened;
  opened = null;
  for (const { step } of overview.steps) if (step !== "done") await look(step).catch(() => null);
  await look("done").catch(() => null);
  if (wanted) await open(wanted);
}

async function open(step) {
  stopLive();
  opened = step;
  for (const each of overview.steps) {
    const row = byId(`step-${each.step}`);
    row.querySelector(".panel").hidden = each.step !== step;
    row.querySelector(".head button").setAttribute("aria-expanded", String(each.step === step));
  }
  if (step) await look(step).catch(() => null);
}

async function look(step) {
  const turn = ++asked;
  const row = byId(`step-${step}`);
  row.setAttribute("aria-busy", "true");
  try {
    const found = await ask("/look", { step, camera, language, telephone_at: new Date().toISOString() });
    // A language or a camera chosen meanwhile has asked anew.
    if (byId(`step-${step}`) !== row) return;
    show(row, found, step === opened && turn <= asked);
  } finally {
    row.removeAttribute("aria-busy");
  }
}

function show(row, found, wide) {
  row.dataset.state = found.state;
  row.querySelector(".sign").textContent = SIGNS[found.state];
  row.querySelector(".state").textContent = words[found.state];
  const parts = [element("p", { class: "said", role: "status" }, found.said)];
  if (found.remedy) parts.push(element("p", { class: "remedy" }, `${words.remedy}: ${found.remedy}`));
  if (found.detail && found.state !== "good") {
    parts.push(element("p", { class: "cause" }, `${words.detail}: `, element("bdi", { lang: "en", dir: "ltr" }, found.detail)));
  }
  if (wide) parts.push(...(PANELS[found.step] ?? (() => []))(found), acts(found));
  const focused = document.activeElement?.id;
  row.querySelector(".panel").replaceChildren(...parts);
  if (focused && document.activeElement === document.body) byId(focused)?.focus();
}

function again(step) {
  const button = act(words.again, () => look(step).catch(() => null));
  button.id = `again-${step}`;
  return button;
}

function acts(found) {
  const { step } = found;
  const row = element("div", { class: "acts" });
  if (step === "aim" && overview.takes) {
    const take = act(words.take, takeOne, true);
    take.id = "take";
    row.append(take);
    const toggle = act(words.live, () => (live ? stopLive() : startLive()));
    toggle.id = "live";
    toggle.setAttribute("aria-pressed", String(Boolean(live)));
    row.append(toggle);
  }
  if (step === "message") {
    row.append(act(words.send, () => order("/send", { language }, step), true));
    if (overview.sms) row.append(act(words.sms, () => order("/sms", { language }, step, words.queued)));
  }
  if (step === "done") row.append(act(words.finish, () => order("/finish", { language }, step), true));
  row.append(again(step));
  return row;
}

async function order(path, body, step, told = null) {
  tell(words.working);
  try {
    await ask(path, body);
    tell(told);
  } catch (error) {
    if (error.message !== "trouble") return;
  }
  await look(step).catch(() => null);
}

async function takeOne() {
  await ask("/take", { camera }).catch(() => null);
  await look("aim").catch(() => null);
}

async function startLive() {
  live = {};
  const mine = live;
  while (live === mine && opened === "aim") {
    await takeOne();
    await new Promise((resolve) => setTimeout(resolve, LIVE_MS));
  }
}

function stopLive() {
  live = null;
  byId("live")?.setAttribute("aria-pressed", "false");
}

function cameras() {
  if (overview.cameras.length < 2) return [];
  const choice = element("select", { id: "camera" }, ...overview.cameras.map((name, number) =>
    element("option", { value: String(number), selected: number === camera }, name)));
  choice.addEventListener("change", () => {
    camera = Number(choice.value);
    look(opened).catch(() => null);
  });
  return [element("label", { class: "field" }, words.camera, choice)];
}

const pictureUrl = (found) => `/picture.jpg?camera=${camera}&of=${found.picture}`;

function aim(found) {
  if (!found.picture) return cameras();
  const figure = picture(pictureUrl(found), words.camera);
  if (found.canopy) canopyOver(figure, `/canopy.png?camera=${camera}&of=${found.picture}`);
  if (found.horizon) horizonOver(figure, found.horizon);
  return [...cameras(), figure, element("p", { class: "cause" }, found.taken), ...(found.figures ? [element("p", { class: "cause" }, found.figures)] : [])];
}

function number(label, value) {
  const input = element("input", { type: "number", inputmode: "decimal", min: "0.1", max: "10000", step: "any", dir: "ltr" });
  input.value = value ?? "";
  return [element("label", { class: "field" }, label, input), input];
}

function outline(found) {
  if (!found.picture) return cameras();
  const figure = picture(pictureUrl(found), words.camera);
  const corners = found.corners ?? [[0.15, 0.25], [0.85, 0.25], [0.95, 0.9], [0.05, 0.9]];
  const names = corners.map((_, place) => `${words.corner.replace("{number}", String(place + 1))}. ${words.move}`);
  const places = handlesOver(figure, corners, names, { outlined: true });
  const [widthField, width] = number(words.width, found.sides?.[0]);
  const [depthField, depth] = number(words.depth, found.sides?.[1]);
  const rows = element("select", { id: "rows" }, ...["", "left", "right", "top", "bottom"].map((side) =>
    element("option", { value: side, selected: side === (found.rows_from ?? "") }, words[side || "none"])));
  const save = act(words.save, () => {
    if (!width.reportValidity() || !depth.reportValidity() || !width.value || !depth.value) {
      (width.value ? depth : width).focus();
      return;
    }
    keep("/outline", {
      camera, language, corners: places(), width_m: Number(width.value), depth_m: Number(depth.value), rows_from: rows.value || null,
    }, "outline");
  }, true);
  return [...cameras(), figure, element("p", { class: "cause" }, words.move),
    element("div", { class: "acts" }, widthField, depthField, element("label", { class: "field" }, words.rows_from, rows)), save];
}

function references(found) {
  if (!found.picture || !found.thermal) return cameras();
  const figure = picture(pictureUrl(found), words.camera);
  const places = handlesOver(figure, found.references ?? [[0.3, 0.5], [0.7, 0.5]],
    [words.wet, words.dry].map((name) => `${name}. ${words.move}`),
    { marks: [{ text: words.wet.slice(0, 1), kind: "wet" }, { text: words.dry.slice(0, 1), kind: "dry" }] });
  const save = act(words.save, () => {
    const [wet, dry] = places();
    keep("/references", { camera, language, wet, dry }, "references");
  }, true);
  return [...cameras(), figure, element("p", { class: "cause" }, words.move), save];
}

async function keep(path, body, step) {
  try {
    const { file } = await ask(path, body);
    await look(step);
    tell(words.saved.replace("{file}", file));
  } catch { /* told already */ }
}

function done(found) {
  const parts = [];
  if (found.finished_on) parts.push(element("p", {}, words.finished.replace("{day}", found.finished_on)));
  if (found.care?.length) {
    parts.push(element("h3", { class: "head" }, words.care), element("ul", { class: "care" }, ...found.care.map((each) =>
      element("li", { class: each.due ? "due" : "" },
        element("span", {}, `${each.name} – ${words.due.replace("{day}", each.due_on)}`),
        act(words.tick, () => order("/tick", { chore: each.chore }, "done"))))));
  }
  return parts;
}

const PANELS = { aim, outline, references, done };

byId("language").addEventListener("change", async () => {
  await speak(byId("language").value).catch(() => null);
  if (!byId("steps").hidden) await showSteps().catch(() => null);
});

byId("door").addEventListener("submit", async (event) => {
  event.preventDefault();
  tell(null);
  try {
    await ask("/enter", { code: byId("code").value });
    await showSteps();
  } catch { /* told already */ }
});

const known = ["ar", "fr", "en"];
const wanted = (navigator.languages ?? []).map((each) => each.slice(0, 2)).find((each) => known.includes(each));
await speak(wanted ?? "en");
if ((await ask("/inside")).inside) await showSteps().catch(() => null);
else showDoor();
