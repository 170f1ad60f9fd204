"use strict";
// The reading page: shows the open case, takes one answer, and lets the server decide what is next.

const told = (id) => JSON.parse(document.getElementById(id).textContent);
const $ = (id) => document.getElementById(id);
const PHASES = { training: "Warming up", blind: "Reading", informed: "Second reading" };
const DRAGS = [["contrast", "Contrast"], ["move", "Move"], ["scroll", "Scroll"]];

const display = told("display");
const csrf = told("csrf");
const view = new View(display);
const canvases = [...document.querySelectorAll("#stage canvas")].map((canvas) => new Canvas(canvas, view));
const fetched = new Map();
let state = told("state");
let rating = null;
let mark = null;
let drag = "contrast";
let busy = true;
let watch = { seconds: 0, since: null };
let pointed = null;
let queued = false;

// --- time on the case: stops while the page is hidden, paused or explains something
const open = () => document.visibilityState === "visible" && !document.querySelector("dialog[open]");
function tick() {
  const at = performance.now();
  if (watch.since !== null) watch.seconds += (at - watch.since) / 1000;
  watch.since = open() && !busy ? at : null;
}

// --- drawing
function redraw() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    canvases.forEach((canvas) => canvas.draw(mark));
    readout();
  });
}

function readout() {
  const lines = [`W ${short(view.high - view.low)}  L ${short((view.high + view.low) / 2)}  ${view.zoom.toFixed(1)}x`];
  if (pointed) {
    const value = pointed.canvas.value(pointed.row, pointed.column);
    if (value !== null && view.channels === 1) lines.unshift(`value ${short(value)}`);
  }
  $("readout").textContent = lines.join("\n");
  $("slice").value = view.slice + 1;
  $("slice-count").textContent = `${view.slice + 1} / ${view.slices}`;
  document.querySelectorAll("#presets button").forEach((button, number) => button.setAttribute("aria-pressed", number === view.preset));
}

const short = (number) => (Math.abs(number) >= 100 || Number.isInteger(number) ? Math.round(number) : number.toPrecision(3)).toString();

// --- images: the next case is fetched while this one is read
function image(key) {
  if (!fetched.has(key)) {
    const coming = fetch(`/images/${key}`, { cache: "no-store" }).then(async (reply) => {
      if (!reply.ok) throw new Error("image");
      return new Uint16Array(await reply.arrayBuffer());
    });
    coming.catch(() => fetched.delete(key));
    fetched.set(key, coming);
  }
  return fetched.get(key);
}

async function show(next) {
  state = next;
  if (state.stage !== "trial") return location.assign("/read");
  busy = true;
  const wanted = state.trial.images;
  const slow = setTimeout(() => ($("loading").hidden = false), 150);
  try {
    const images = await Promise.all(wanted.map(image));
    images.forEach((codes, number) => (canvases[number].image = codes));
  } catch {
    clearTimeout(slow);
    return banner("The image did not arrive.", "Load again", () => location.assign("/read"));
  }
  clearTimeout(slow);
  $("loading").hidden = true;
  choose(null);
  mark = null;
  const { slice } = view;
  view.reset();
  if (display.shape[1] === 1) view.slice = slice;
  labels();
  canvases.forEach((canvas) => canvas.draw(mark));
  readout();
  busy = false;
  watch = { seconds: 0, since: null };
  tick();
  document.body.dataset.key = state.trial.key;
  const keep = new Set([...wanted, ...state.ahead]);
  [...fetched.keys()].forEach((key) => keep.has(key) || fetched.delete(key));
  state.ahead.forEach(image);
}

function labels() {
  $("phase").textContent = PHASES[state.phase];
  $("count").textContent = `${state.position + 1} of ${state.total}`;
  $("progress").max = state.total;
  $("progress").value = state.position;
  $("undo").disabled = !state.can_undo;
}

// --- answering
function choose(value) {
  rating = value;
  document.querySelectorAll(".rating").forEach((button) => button.setAttribute("aria-pressed", Number(button.dataset.rating) === value));
  const needsMark = display.marks && value >= display.yes_from && !mark;
  $("save").disabled = value === null || needsMark;
  say(value !== null && needsMark ? "Click on what was edited, then save." : "");
}

function say(text) {
  $("status").textContent = text;
}

async function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
}

async function save() {
  if (busy || $("save").disabled) return;
  tick();
  busy = true;
  $("save").disabled = true;
  const { key, nonce } = state.trial;
  await send("/answers", { key, nonce, rating, seconds: watch.seconds, mark: display.marks && rating >= display.yes_from ? mark : null });
}

// Send until the server has answered: the same answer twice is one answer, so trying again is safe.
async function send(path, body) {
  let reply = null;
  try {
    reply = await post(path, body);
  } catch {
    reply = null;
  }
  if (reply === null || reply.status >= 500 || reply.status === 429) {
    const again = setTimeout(() => send(path, body), 3000);
    return banner("Not saved yet: the server cannot be reached. Trying again; please keep this page open.", "Try now", () => {
      clearTimeout(again);
      send(path, body);
    });
  }
  $("banner").hidden = true;
  const answer = await reply.json();
  if (!reply.ok) return banner(answer.detail || "Not taken.", "Go to the open case", () => location.assign("/read"));
  if (answer.feedback) await explain(answer.feedback);
  return show(answer.state);
}

function explain(feedback) {
  const { truth, correct } = feedback;
  $("told-title").textContent = correct ? "Correct" : "Not this time";
  $("told-text").textContent = { left: "The left image is synthetic.", right: "The right image is synthetic." }[truth] || `This image is ${truth}.`;
  if (feedback.mark) {
    mark = feedback.mark.map(Math.round);
    view.slice = mark[0];
    $("told-text").textContent += " The ring shows where.";
    redraw();
  }
  return new Promise((done) => {
    $("told").addEventListener("close", done, { once: true });
    $("told").showModal();
  });
}

function banner(text, label, action) {
  $("banner-text").textContent = text;
  $("banner-do").textContent = label;
  $("banner-do").onclick = action;
  $("banner").hidden = false;
  $("banner-do").focus();
}

async function undo() {
  if (busy || !state.can_undo) return;
  busy = true;
  await send("/undo", {});
}

async function pause() {
  tick();
  post("/pause", {}).catch(() => {});
  $("paused").showModal();
  tick();
}

// --- marks
function point(place) {
  mark = place;
  choose(rating);
  redraw();
}

function nudge(rows, columns) {
  if (!display.marks || busy) return;
  const [, row, column] = mark || [0, (view.rows - 1) / 2, (view.columns - 1) / 2];
  const bound = (value, most) => Math.min(Math.max(value, 0), most - 1);
  point([view.slice, bound(row + rows, view.rows), bound(column + columns, view.columns)]);
}

// --- mouse, pen and fingers
function listen(canvas) {
  const fingers = new Map();
  let moved = 0;
  const element = canvas.canvas;
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    moved = 0;
  });
  element.addEventListener("pointermove", (event) => {
    const [row, column] = canvas.under(event.clientX, event.clientY);
    pointed = { canvas, row, column };
    const before = fingers.get(event.pointerId);
    if (before) {
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > 4) pull(canvas, event, before, fingers, dx, dy);
      if (moved > 4) fingers.set(event.pointerId, event);
    }
    redraw();
  });
  const up = (event) => {
    const click = fingers.size === 1 && moved <= 4 && event.type === "pointerup" && event.button === 0;
    fingers.delete(event.pointerId);
    if (!click || !display.marks || busy) return;
    const [row, column] = canvas.under(event.clientX, event.clientY);
    if (row >= -0.5 && column >= -0.5 && row < view.rows && column < view.columns) point([view.slice, row, column]);
  };
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("pointerleave", () => ((pointed = null), redraw()));
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (view.slices > 1 && !event.ctrlKey) view.move(Math.sign(event.deltaY));
    else view.zoom = Math.min(Math.max(view.zoom * Math.exp(-event.deltaY / 500), 0.5), 12);
    redraw();
  }, { passive: false });
  element.addEventListener("dblclick", () => display.marks || reset());
}

let scrolled = 0;
function pull(canvas, event, before, fingers, dx, dy) {
  const width = canvas.canvas.clientWidth;
  if (fingers.size === 2) {
    const other = [...fingers.entries()].find(([id]) => id !== event.pointerId)[1];
    const apart = (finger) => Math.hypot(finger.clientX - other.clientX, finger.clientY - other.clientY);
    view.zoom = Math.min(Math.max((view.zoom * apart(event)) / Math.max(apart(before), 1), 0.5), 12);
    view.x += dx / 2 / width;
    view.y += dy / 2 / width;
  } else if (drag === "move" || event.buttons === 2 || event.shiftKey) {
    view.x += dx / width;
    view.y += dy / width;
  } else if (drag === "scroll") {
    scrolled += dy / 8;
    view.move(Math.trunc(scrolled));
    scrolled -= Math.trunc(scrolled);
  } else {
    view.window(-dy / 400, Math.exp(-dx / 300));
  }
}

function reset() {
  view.reset();
  redraw();
}

// --- keys
const KEYS = {
  w: () => view.window(-0.05, 1), s: () => view.window(0.05, 1),
  d: () => view.window(0, 0.9), a: () => view.window(0, 1 / 0.9),
  f: () => view.use((view.preset + 1) % display.windows.length),
  n: () => (view.negative = !view.negative), r: () => view.reset(),
  "+": () => (view.zoom = Math.min(view.zoom * 1.2, 12)), "=": () => (view.zoom = Math.min(view.zoom * 1.2, 12)),
  "-": () => (view.zoom = Math.max(view.zoom / 1.2, 0.5)),
  arrowup: () => view.move(-1), arrowdown: () => view.move(1), pageup: () => view.move(-5), pagedown: () => view.move(5),
  u: undo, p: pause, h: () => $("keys").showModal(), "?": () => $("keys").showModal(),
  i: () => nudge(-2, 0), k: () => nudge(2, 0), j: () => nudge(0, -2), l: () => nudge(0, 2), x: () => display.marks && point(null),
};
const MOVES = { arrowup: [0, 1], arrowdown: [0, -1], arrowleft: [1, 0], arrowright: [-1, 0] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (!$("banner").hidden) return;
  if (event.shiftKey && MOVES[key]) {
    view.x += MOVES[key][0] / 20;
    view.y += MOVES[key][1] / 20;
  } else if (/^[1-9]$/.test(key) && Number(key) <= display.ratings) {
    if (!busy) choose(Number(key));
  } else if (key === "enter" && (event.target === document.body || event.target.matches("canvas, .rating, #save"))) {
    save();
  } else if (KEYS[key] && !(event.target.matches("input") && key.startsWith("arrow"))) {
    KEYS[key]();
  } else {
    return;
  }
  event.preventDefault();
  redraw();
});

// --- the bars
function button(parent, text, action, title) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = title;
  made.addEventListener("click", () => (action(), redraw()));
  $(parent).append(made);
  return made;
}
display.windows.forEach(([name, low, high], number) => button("presets", name, () => view.use(number), `${short(low)} to ${short(high)}`));
const drags = DRAGS.filter(([name]) => name !== "scroll" || view.slices > 1).map(([name, text]) => [name, button("drags", text, () => grip(name), `Dragging changes: ${text.toLowerCase()}`)]);
function grip(name) {
  drag = name;
  drags.forEach(([other, made]) => made.setAttribute("aria-pressed", other === name));
}
grip("contrast");
document.querySelectorAll(".rating").forEach((made) => made.addEventListener("click", () => busy || choose(Number(made.dataset.rating))));
$("save").addEventListener("click", save);
$("reset").addEventListener("click", reset);
$("undo").addEventListener("click", undo);
$("pause").addEventListener("click", pause);
$("help").addEventListener("click", () => $("keys").showModal());
$("slices").hidden = view.slices === 1;
$("slice").max = view.slices;
$("slice").addEventListener("input", (event) => ((view.slice = event.target.value - 1), redraw()));
document.querySelectorAll("dialog").forEach((made) => made.addEventListener("close", tick));
document.addEventListener("visibilitychange", tick);
window.addEventListener("resize", redraw);
canvases.forEach(listen);
show(state);
