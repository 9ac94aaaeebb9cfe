// Draws the state. Text only: network data is never interpreted as HTML.
import { DASH, climb, clock, distance, one, pace, reasonText, reasonsText, speed, timeOfDay, unit, whole } from "./format.js";

const at = (id) => document.getElementById(id);
const STALE_MS = 2500;
const MOVING = new Set(["starting", "running", "stopping"]);
const WARN = new Set(["limited", "steep_warning", "steep_closed", "stale", "gradual", "rest", "pain", "control_taken", "console_raised"]);
const BAD = new Set(["stop_ignored", "safety_key", "unexpected_rise", "unexpected_rise_alarm", "link_lost", "not_responding", "disobeyed", "garbled", "refused", "refuses_everything", "no_motion", "memory"]);
const PHASES = { warm_up: "Warm-up", active: "Running", cool_down: "Cool-down" };
const BELTS = { unknown: "Unknown", idle: "The belt stands", starting: "Starting", running: "Running", paused: "Paused", stopping: "Stopping" };

function text(id, value) {
  const element = at(id);
  if (element.textContent !== value) element.textContent = value;
}

// A tile's number is made smaller where it is too long for the tile: a colon or a point is half as wide as a digit.
function tile(id, value) {
  text(id, value);
  at(id).style.setProperty("--length", value.length - value.replace(/[^:.]/g, "").length / 2);
}

function chip(id, words, kind) {
  text(id, words);
  at(id).className = `chip ${kind}`;
}

// Returns why the shown values may be wrong, or nothing.
function trouble(page, silent) {
  const { here, life } = page;
  if (silent) return "This page has lost its server. Trying again… Use the treadmill's own console.";
  if (!life.broker) return "The MQTT broker is unreachable. Use the treadmill's own console.";
  if (!here) return "Waiting for a treadmill to appear at the broker…";
  if (!life.bridge) return "The bridge is not running. Use the treadmill's own console.";
  if (life.quiet) return "The bridge has gone silent. Use the treadmill's own console.";
  if (!here.available) return "The treadmill is not connected.";
  if (!here.state) return "Waiting for the treadmill's first data…";
  const age = here.heardAt == null ? Infinity : performance.now() - here.heardAt;
  if (MOVING.has(here.state.belt) && age > STALE_MS) return `No news for ${Math.round(age / 1000)} s. Use the treadmill's own console.`;
  if (!here.state.fresh && here.state.belt !== "idle") return "No data from the treadmill. Use its own console.";
  return "";
}

// Labels of the numbers above, once the server has named the unit.
export function units() {
  for (const label of document.querySelectorAll("[data-unit]")) label.textContent = unit[label.dataset.unit];
}

export function draw(page, silent, wanted) {
  const problem = trouble(page, silent);
  document.body.classList.toggle("stale", Boolean(problem));
  text("banner", problem);
  const { here } = page;
  const state = here?.state ?? {};
  const guard = here?.guard ?? {};
  text("name", here?.link?.machine?.name || page.treadmill || "Treadmill");
  chips(page, silent, problem);
  axis("speed", state.speed_kmh, wanted.speed ?? state.requested_speed_kmh, guard.bounds?.speed, speed, unit.speed);
  axis("incline", state.incline_percent, wanted.incline ?? state.requested_incline_percent, guard.bounds?.incline, one, "%");
  tile("time", clock(state.elapsed_s));
  tile("distance", distance(state.distance_m));
  tile("pace", pace(state.speed_kmh));
  tile("heart", whole(state.heart_rate_bpm));
  tile("climb", climb(state.elevation_gain_m));
  tile("energy", whole(state.energy_kcal));
  phase(state, guard);
  steep(guard.steep ?? {});
  list("faults", (guard.faults ?? []).map((fault) => `Fault: ${reasonText(fault).replaceAll("_", " ")}`));
  controls(state, guard, Boolean(problem));
  choices("person", page.people, state.person);
  choices("shoes", page.shoes, state.shoes);
  last(here?.session);
}

function chips(page, silent, problem) {
  const { here, life } = page;
  const linked = !silent && life.broker && life.bridge && here?.available;
  const rssi = here?.link?.rssi;
  chip("chip-link", linked ? `linked${typeof rssi === "number" ? ` · ${rssi} dBm` : ""}` : "no link", linked ? "good" : "bad");
  const control = here?.link?.control ?? "none";
  const words = { none: "control on demand", held: "control held", denied: "control denied", taken: "control taken by another" };
  chip("chip-control", words[control] ?? control, { held: "good", none: "" }[control] ?? "warn");
  const age = here?.heardAt == null ? null : (performance.now() - here.heardAt) / 1000;
  chip("chip-data", age === null ? "no data" : `data ${age < 1 ? "now" : `${Math.round(age)} s ago`}`, problem ? "bad" : "good");
}

function axis(name, measured, asked, bound, shown, unitName) {
  text(name, shown(measured));
  text(`${name}-asked`, shown(asked));
  text(`${name}-allowed`, shown(bound?.max));
  // All reasons if the bound limits the belt, else the first.
  const binds = asked != null && bound?.max != null && asked >= bound.max - 0.05;
  text(`${name}-why`, reasonsText(binds ? bound?.reasons : bound?.reasons?.slice(0, 1)));
  at(name).closest(".big").setAttribute("aria-label", `${shown(measured)} ${unitName}`);
}

let longest = { phase: null, left: 0 };
function phase(state, guard) {
  const left = MOVING.has(state.belt) ? phaseLeft(state, guard) : 0;
  longest = { phase: state.phase, left: Math.max(left, longest.phase === state.phase ? longest.left : 0) };
  text("phase", PHASES[state.phase] && MOVING.has(state.belt) ? PHASES[state.phase] : (BELTS[state.belt] ?? DASH));
  text("phase-left", left > 0 ? `${clock(left)} left` : "");
  at("phase-track").hidden = !(left > 0);
  at("phase-fill").style.width = left > 0 ? `${100 * (1 - left / longest.left)}%` : "0";
}

// Seconds left of a warm-up or cool-down, by the bridge's clock: a phone's may be wrong.
function phaseLeft(state, guard) {
  if (state.phase === "warm_up") return guard.warm_up_left_s ?? 0;
  if (state.phase !== "cool_down") return 0;
  const reason = guard.bounds?.speed?.reasons?.find(({ rule, until }) => rule === "cool_down" && until);
  return reason ? Math.max(0, Date.parse(reason.until) - Date.parse(state.time)) / 1000 : 0;
}

function steep({ used_s: used, left_s: left, opens_s: opens }) {
  const known = typeof left === "number" && typeof used === "number" && left + used > 0;
  const share = known ? left / (left + used) : 0;
  at("steep-arc").style.strokeDasharray = `${100 * share} 100`;
  at("steep-arc").classList.toggle("low", share < 0.35 && share > 0);
  at("steep-arc").style.visibility = share > 0 ? "visible" : "hidden";
  text("steep-left", known ? clock(left) : DASH);
  const open = typeof opens === "number" && opens > 0 ? `steep is open again in ${clock(opens)}` : "steep time left";
  text("steep-text", known && !(opens > 0) ? `of ${clock(left + used)} steep time left` : open);
}

function controls(state, guard, stale) {
  const moving = state.belt === "running";
  for (const name of ["speed", "incline"]) {
    for (const way of ["up", "down"]) at(`${name}-${way}`).disabled = stale || !moving;
  }
  const cooling = state.phase === "cool_down" && moving;
  at("start").hidden = MOVING.has(state.belt) || state.belt === "paused";
  at("resume").hidden = state.belt !== "paused" && !cooling;
  at("pause").hidden = !at("start").hidden || state.belt === "paused";
  at("finish").hidden = !at("start").hidden || cooling || state.belt === "paused";
  for (const id of ["resume", "pause", "finish"]) at(id).disabled = stale;
  // Start only a belt that is known to stand.
  for (const id of ["start", "confirm"]) at(id).disabled = stale || state.belt !== "idle";
  for (const id of ["person", "shoes", "rest-lift"]) at(id).disabled = stale;
  for (const button of at("places").children) button.disabled = stale;
  if (!guard.resting_until || at("start").hidden) at("confirm").hidden = true;
  at("rest").hidden = !guard.resting_until;
  if (guard.resting_until) {
    const when = new Date(guard.resting_until);
    text("rest-text", `Resting until ${when.toLocaleString([], { weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}.`);
  }
}

function list(id, lines) {
  const box = at(id);
  if (box.dataset.lines === lines.join("\n")) return;
  box.dataset.lines = lines.join("\n");
  box.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

function choices(id, names, current) {
  const select = at(id);
  const all = [...new Set([...(names ?? []), ...(current ? [current] : [])])];
  const key = all.join("\n");
  if (select.dataset.names !== key) {
    select.dataset.names = key;
    const nobody = current ? [] : [new Option(DASH, "")];
    select.replaceChildren(...nobody, ...all.map((name) => new Option(name, name)));
  }
  if (document.activeElement !== select && current && select.value !== current) select.value = current;
}

export function picker(names, current) {
  at("pick-box").hidden = names.length < 2;
  choices("pick", names, current || names[0]);
}

export function events(items) {
  const rows = items.slice().reverse().map((item) => {
    const row = document.createElement("li");
    row.className = BAD.has(item.type) ? "bad" : WARN.has(item.type) ? "warn" : "";
    const time = Object.assign(document.createElement("time"), { textContent: timeOfDay(item.time), dateTime: item.time ?? "" });
    row.append(time, Object.assign(document.createElement("span"), { textContent: reasonText(item) }));
    return row;
  });
  at("events").replaceChildren(...rows);
}

function last(session) {
  at("last").hidden = !session;
  if (!session || at("last").dataset.end === session.end) return;
  at("last").dataset.end = session.end;
  const facts = [
    ["Ended", timeOfDay(session.end)],
    ["Time moving", clock(session.moving_s)],
    ["Distance", `${distance(session.distance_m)} ${unit.distance}`],
    ["Average", `${speed(session.average_speed_kmh)} ${unit.speed}`],
    ["Climb", `${climb(session.elevation_gain_m)} ${unit.climb}`],
    ["Heart rate", `${whole(session.average_heart_rate_bpm)} bpm`],
  ];
  at("last-facts").replaceChildren(
    ...facts.map(([name, value]) => {
      const box = document.createElement("div");
      box.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
      return box;
    }),
  );
}
