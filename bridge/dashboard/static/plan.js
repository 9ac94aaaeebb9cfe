// The person's training plan: progress, today's ceilings, and the question about pain.
import { send, show } from "./commands.js";
import { clock, dayAndTime, distance, one, speed, unit } from "./format.js";

const at = (id) => document.getElementById(id);
const WORST = 10;

export class Plan {
  constructor(page) {
    this.page = page;
    const say = (what) => (text, kind, final) => show(at("plan-outcome"), `${what}: ${text}`, kind, final ? undefined : 0);
    for (let severity = 0; severity <= WORST; severity++) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: severity });
      button.addEventListener("click", () => send(page.treadmill, "plan", { severity }, say(`${severity} of ${WORST}`)));
      at("plan-scale").append(button);
    }
    at("plan-confirm").addEventListener("click", () => send(page.treadmill, "plan", { command: "confirm" }, say("Run today")));
  }

  draw(stale) {
    const said = this.page.here?.plan ?? {};
    const none = (said.state ?? "none") === "none";
    at("plan").hidden = none;
    if (none) return;
    text("plan-title", said.title ?? said.name ?? "");
    const phase = said.phase == null ? "" : `Phase ${said.phase} of ${said.phases}: ${said.phase_name ?? ""}`;
    text("plan-phase", said.state === "finished" ? "Finished." : said.state === "ended" ? "Ended, because it hurt." : phase);
    text("plan-today", this.today(said));
    const resting = said.day === "rest";
    text("plan-rest", resting ? `A rest day${said.rest_until ? `, until ${dayAndTime(said.rest_until)}` : ""}.` : "");
    at("plan-confirm").hidden = !resting;
    at("plan-question").hidden = said.question == null;
    text("plan-asks", said.question_text ?? "");
    for (const button of [at("plan-confirm"), ...at("plan-scale").children]) button.disabled = stale;
  }

  today(said) {
    const most = [
      said.max_speed_kmh == null ? "" : `${speed(said.max_speed_kmh)} ${unit.speed}`,
      said.max_incline_percent == null ? "" : `${one(said.max_incline_percent)} %`,
      said.session_s == null ? "" : clock(said.session_s),
      said.session_m == null ? "" : `${distance(said.session_m)} ${unit.distance}`,
    ].filter(Boolean);
    const which = said.session == null ? "" : `Session ${said.session} of ${said.sessions}: `;
    return most.length ? `${which}at most ${most.join(", ")}` : "";
  }
}

function text(id, value) {
  if (at(id).textContent !== value) at(id).textContent = value;
}
