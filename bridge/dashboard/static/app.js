// Assembles the page: keeps the server's state here, and view.js shows it.
import { Chart } from "./chart.js";
import { outcome, send, show } from "./commands.js";
import { useUnits } from "./format.js";
import { Feed } from "./feed.js";
import { Stepper } from "./hold.js";
import { Past } from "./past.js";
import { Stop } from "./stop.js";
import { Voice, stayAwake } from "./speech.js";
import { Plan } from "./plan.js";
import * as view from "./view.js";
import { Workout } from "./workout.js";

const at = (id) => document.getElementById(id);
const PLACES = ["lower back", "hip", "knee", "shin", "calf", "ankle", "Achilles tendon", "foot", "neck"];
const MOVING = new Set(["starting", "running", "stopping"]);
const page = {
  treadmills: {},
  people: [],
  shoes: [],
  life: { broker: false, bridge: false, quiet: false },
  treadmill: localStorage.getItem("treadmill") ?? "",
  get here() {
    return this.treadmills[this.treadmill];
  },
  range(axis) {
    const link = this.here?.link;
    const known = link?.ranges?.[axis === "speed" ? "speed_kmh" : "incline_percent"];
    if (axis !== "speed") return known ?? { min: 0, max: 15, step: 0.5 };
    return { ...(known ?? { min: 0.5, max: 20, step: 0.1 }), miles: link?.quirks?.includes("targets_in_mph") };
  },
  request(axis) {
    const state = this.here?.state ?? {};
    const [requested, target, measured] = axis === "speed"
      ? [state.requested_speed_kmh, state.target_speed_kmh, state.speed_kmh]
      : [state.requested_incline_percent, state.target_incline_percent, state.incline_percent];
    return requested ?? target ?? measured ?? null;
  },
};

const chart = new Chart(at("plot"));
const voice = new Voice(at("voice"), (on) => (feed.keepWhenHidden = on));
const steppers = ["speed", "incline"].map((axis) => new Stepper(axis, page, at(`${axis}-outcome`), () => refresh()));
const stop = new Stop(at("stop"), page, at("belt-outcome"));
const workout = new Workout(page);
const plan = new Plan(page);
const past = new Past();
const feed = new Feed(take, logIn);
feed.keepWhenHidden = voice.on;

function take({ kind, treadmill, data }) {
  if (kind === "hello") return hello(data);
  if (kind === "tick") {
    page.life = data;
    for (const [name, age] of Object.entries(data.ages)) if (page.treadmills[name]) note(name, age);
    return refresh();
  }
  if (kind === "bridge") {
    page.life.bridge = data;
    return refresh();
  }
  const known = (page.treadmills[treadmill] ??= { events: [] });
  const here = treadmill === page.treadmill;
  if (kind === "outcome") outcome(data);
  else if (kind === "event") {
    known.events.push(data);
    known.events.splice(0, known.events.length - 50);
    if (here) {
      voice.event(data);
      stop.event(data);
      view.events(known.events);
    }
  } else if (kind === "trace") here && chart.set(null);
  else if (kind === "point") here && chart.add(data);
  else {
    known[kind] = data;
    if (kind === "state") note(treadmill, 0);
    if (kind === "workout") known.workoutAt = performance.now();
    choose();
  }
  refresh();
}

function note(name, age) {
  page.treadmills[name].heardAt = age === null ? null : performance.now() - age * 1000;
}

function hello(data) {
  Object.assign(page, { treadmills: data.treadmills, people: data.people, shoes: data.shoes, past: data.past });
  useUnits(data.units);
  view.units();
  page.life = { ...page.life, broker: data.broker, bridge: data.bridge };
  for (const [name, known] of Object.entries(page.treadmills)) note(name, known.age_s);
  choose();
  showTreadmill();
}

// The treadmill chosen on this device, else the first.
function choose() {
  const names = Object.keys(page.treadmills);
  view.picker(names, page.treadmill);
  if (page.here || !names.length) return;
  page.treadmill = names[0];
  showTreadmill();
}

function showTreadmill() {
  chart.set(page.here?.trace);
  view.events(page.here?.events ?? []);
  refresh();
}

function refresh() {
  view.draw(page, feed.silent, { speed: steppers[0].wanted, incline: steppers[1].wanted });
  workout.draw(document.body.classList.contains("stale"));
  plan.draw(document.body.classList.contains("stale"));
  past.follow(page.past, page.here?.session?.end);
  stop.follow(page.here?.state);
  stayAwake(!document.body.classList.contains("stale") && MOVING.has(page.here?.state?.belt));
}
setInterval(refresh, 250);

at("pick").addEventListener("change", (event) => {
  page.treadmill = event.target.value;
  localStorage.setItem("treadmill", page.treadmill);
  showTreadmill();
});

const belt = (command, more = {}) =>
  send(page.treadmill, "belt", { command, ...more }, (text, kind, final, data) => {
    show(at("belt-outcome"), `${command}: ${text}`.replace(/^./, (c) => c.toUpperCase()), kind, final ? undefined : 0);
    // During a rest a start needs a separate confirmation.
    if (command === "start") at("confirm").hidden = !(data?.outcome === "rejected" && page.here?.guard?.resting_until && !more.confirm);
  });
for (const command of ["start", "resume", "pause", "finish"]) at(command).addEventListener("click", () => belt(command));
at("confirm").addEventListener("click", () => belt("start", { confirm: true }));

const into = (id) => (text, kind, final) => show(at(id), text, kind, final ? undefined : 0);
at("person").addEventListener("change", (event) => send(page.treadmill, "person", { name: event.target.value }, into("who-outcome")));
at("shoes").addEventListener("change", (event) => send(page.treadmill, "shoes", { name: event.target.value }, into("who-outcome")));
for (const place of PLACES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = place;
  button.addEventListener("click", () => {
    const severity = Number(document.querySelector("input[name=severity]:checked").value);
    const say = (text, kind, final) => show(at("pain-outcome"), `${place}, ${severity} of 10: ${text}`, kind, final ? undefined : 0);
    send(page.treadmill, "pain", { place, severity }, say);
  });
  at("places").append(button);
}
at("rest-lift").addEventListener("click", () => send(page.treadmill, "pain", { clear: true }, into("pain-outcome")));

function logIn() {
  if (!at("login").open) at("login").showModal();
  at("password").focus();
}
document.addEventListener("login", logIn);
async function tryPassword() {
  const output = at("login-outcome");
  show(output, "One moment…", "wait", 0);
  try {
    const answer = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Treadmill": "1" },
      body: JSON.stringify({ password: at("password").value }),
    });
    if (!answer.ok) return show(output, (await answer.json()).error, "bad", 0);
  } catch {
    return show(output, "The dashboard's server is unreachable.", "bad", 0);
  }
  at("password").value = "";
  show(output, "", "", 0);
  at("login").close();
  return feed.open();
}
at("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  tryPassword();
});
at("login").addEventListener("cancel", (event) => event.preventDefault());
