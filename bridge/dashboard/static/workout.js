// The workout: choice, the guard's preview, the current step, and the player's buttons.
import { send, show } from "./commands.js";
import { ahead, clock, reasonsText } from "./format.js";

const at = (id) => document.getElementById(id);
const NONE = "none";
const STATES = {
  none: "",
  ready: "Chosen. It begins when the belt runs.",
  running: "",
  paused: "Paused.",
  ended: "Over.",
};
// Buttons by state; the cap's button only with a cap.
const BUTTONS = {
  pause: ["running"],
  resume: ["paused"],
  back: ["running"],
  skip: ["running"],
  end: ["running", "paused"],
  lift_cap: ["running", "paused"],
};

export class Workout {
  constructor(page) {
    this.page = page;
    const tell = (text, kind, final) => show(at("workout-outcome"), text, kind, final ? undefined : 0);
    const say = (word) => (text, kind, final) => tell(`${word}: ${text}`, kind, final);
    const pick = at("workout-pick");
    pick.addEventListener("change", () => {
      send(page.treadmill, "workout", { name: pick.value }, say(pick.selectedOptions[0].text));
      pick.blur(); // from now on it shows what the bridge says
    });
    for (const command of Object.keys(BUTTONS)) {
      const button = at(`workout-${command}`);
      button.addEventListener("click", () => send(page.treadmill, "workout", { command }, say(button.textContent)));
    }
  }

  draw(stale) {
    const here = this.page.here;
    const said = here?.workout ?? {};
    const names = here?.workouts?.names ?? [];
    const state = said.state ?? NONE;
    at("workout").hidden = !names.length && !said.name;
    at("workout").dataset.state = state;
    this.choices(names, said.name, state, stale);
    const capped = said.cap_speed_kmh != null || said.cap_incline_percent != null;
    for (const [command, states] of Object.entries(BUTTONS)) {
      const button = at(`workout-${command}`);
      button.hidden = !states.includes(state) || (command === "lift_cap" && !capped);
      button.disabled = stale;
    }
    const going = state === "running" || state === "paused";
    text("workout-state", STATES[state] ?? state);
    at("workout-now").hidden = !going;
    text("workout-number", going ? `Step ${said.step} of ${said.steps}` : "");
    text("workout-text", going ? said.text : "");
    text("workout-left", going ? this.left(said, here) : "");
    text("workout-next", !going ? "" : said.next ? `Next: ${said.next}` : "This is the last step.");
    text("workout-why", reasonsText(said.why));
    this.preview(said.preview, state);
  }

  // Time left in the step: the bridge sends it every 5 s, and the page counts in between.
  left(said, here) {
    const runs = said.state === "running" && here.state?.belt === "running";
    const gone = runs && here.workoutAt ? (performance.now() - here.workoutAt) / 1000 : 0;
    if (said.remaining_s != null) return clock(Math.max(0, said.remaining_s - gone));
    if (said.remaining_m == null) return "";
    return ahead(Math.max(0, said.remaining_m - (gone * (here.state?.speed_kmh ?? 0)) / 3.6));
  }

  choices(names, current, state, stale) {
    const pick = at("workout-pick");
    const chosen = state === "ready" || state === "running" || state === "paused" ? current : NONE;
    const all = [...new Set([...names, ...(current ? [current] : [])])];
    const key = all.join("\n");
    if (pick.dataset.names !== key) {
      pick.dataset.names = key;
      pick.replaceChildren(new Option("no workout", NONE), ...all.map((name) => new Option(name, name)));
    }
    pick.disabled = stale || state === "running" || state === "paused";
    if (document.activeElement !== pick || pick.disabled) pick.value = chosen;
  }

  preview(preview, state) {
    const shown = state === "ready" ? preview : null;
    const box = at("workout-preview");
    box.hidden = state !== "ready";
    const key = JSON.stringify(shown ?? null);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    text("workout-summary", shown ? shown.summary : "Working out what it comes to today…");
    const notes = [...(shown?.references ?? []), ...(shown?.assumed?.length ? [`assumed: ${shown.assumed.join("; ")}`] : [])];
    text("workout-notes", notes.join(" · "));
    at("workout-steps").replaceChildren(...(shown?.steps ?? []).map((step) => {
      const row = document.createElement("li");
      row.append(Object.assign(document.createElement("span"), { textContent: step.text }));
      if (step.lowered) row.append(Object.assign(document.createElement("span"), { className: "lowered", textContent: step.lowered }));
      return row;
    }));
  }
}

function text(id, value) {
  if (at(id).textContent !== value) at(id).textContent = value;
}
