// Past sessions: requested when opened, and drawn like the running one.
import { Chart } from "./chart.js";
import { show } from "./commands.js";
import { DASH, clock, climb, dayAndTime, distance, speed, unit, whole } from "./format.js";

const at = (id) => document.getElementById(id);
const FORMATS = ["fit", "tcx", "csv"];
const ANSWER_MS = 40000;
const WRITTEN_MS = 3000; // by then the bridge has written down a session that is over

export class Past {
  constructor() {
    this.sessions = [];
    this.chart = null;
    this.newest = null;
    at("past-show").addEventListener("click", () => this.list());
    at("past-more").addEventListener("click", () => this.list(this.sessions.at(-1).began));
  }

  // `newest`: end of the last session; a later one is added at the top of an open list.
  follow(isThere, newest) {
    at("past").hidden = !isThere;
    const changed = this.newest !== null && newest && newest !== this.newest;
    this.newest = newest ?? this.newest;
    if (changed && this.sessions.length) setTimeout(() => this.list(), WRITTEN_MS);
  }

  async list(before) {
    const found = await this.ask(before ? `/history?before=${before}` : "/history");
    if (!found) return;
    this.sessions = before ? [...this.sessions, ...found.sessions] : found.sessions;
    at("past-show").hidden = true;
    at("past-more").hidden = !found.more;
    if (!this.sessions.length) show(at("past-outcome"), "No session yet.", "wait", 0);
    at("past-list").replaceChildren(...this.sessions.map((each) => this.row(each)));
  }

  row(session) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const about = [session.person, session.imported ? "imported" : "", session.finished ? "" : "under way"];
    for (const [name, words] of [
      ["when", dayAndTime(session.start)],
      ["what", `${distance(session.distance_m)} ${unit.distance} in ${clock(session.moving_s)}`],
      ["who", about.filter(Boolean).join(", ")],
    ]) button.append(Object.assign(document.createElement("span"), { className: name, textContent: words }));
    button.addEventListener("click", () => this.open(session.number));
    if (session.number === this.shown) button.setAttribute("aria-current", "true");
    button.dataset.number = session.number;
    const row = document.createElement("li");
    row.append(button);
    return row;
  }

  async open(number) {
    const found = await this.ask(`/history/${number}`);
    if (!found) return;
    this.shown = number;
    for (const button of at("past-list").querySelectorAll("button")) {
      if (Number(button.dataset.number) === number) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const { session, columns, limited } = found;
    at("past-one").hidden = false;
    at("past-name").textContent = `${dayAndTime(session.start)}, ${session.person}`;
    const facts = [
      ["Time moving", clock(session.moving_s)],
      ["Distance", `${distance(session.distance_m)} ${unit.distance}`],
      ["Fastest", `${speed(session.max_speed_kmh)} ${unit.speed}`],
      ["Climb", `${climb(session.climb_m)} ${unit.climb}`],
      ["Heart rate", `${whole(session.average_heart_rate_bpm)} bpm`],
      ["Steep", session.steep_s === null ? DASH : clock(session.steep_s)],
    ];
    at("past-facts").replaceChildren(...facts.map(([name, value]) => {
      const box = document.createElement("div");
      box.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
      return box;
    }));
    at("past-plot").hidden = at("past-keep").hidden = !columns;
    at("past-none").hidden = Boolean(columns);
    for (const form of FORMATS) at(`past-${form}`).href = `/history/${number}/${form}`;
    at("past-limited-box").hidden = !limited.length;
    at("past-limited").replaceChildren(...limited.map(({ time, text }) => {
      const row = document.createElement("li");
      row.append(Object.assign(document.createElement("time"), { textContent: dayAndTime(time).split(", ").at(-1), dateTime: time }), Object.assign(document.createElement("span"), { textContent: text }));
      return row;
    }));
    if (columns) {
      this.chart ??= new Chart(at("past-plot"));
      this.chart.set(columns);
    }
    at("past-one").scrollIntoView({ block: "nearest" });
  }

  async ask(address) {
    const output = at("past-outcome");
    show(output, "One moment…", "wait", 0);
    try {
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      const found = await answer.json();
      if (answer.status === 401) document.dispatchEvent(new Event("login"));
      show(output, answer.ok ? "" : (found.error ?? `No answer (${answer.status}).`), "bad", 0);
      return answer.ok ? found : null;
    } catch {
      show(output, "The dashboard's server does not answer.", "bad", 0);
      return null;
    }
  }
}
