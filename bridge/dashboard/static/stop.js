// STOP: sent on touch, before anything else, and monitored until the belt stops.
import { send, show } from "./commands.js";

const OBEY_MS = 6000;
const SLOWER_KMH = 0.3;
const KEY = "Pull the safety key!";
const STANDS = new Set(["idle", "paused"]);

export class Stop {
  constructor(button, page, output) {
    Object.assign(this, { page, output, watch: null });
    // On touch, not on release: up to 100 ms sooner, and a slipping finger still stops the belt.
    button.addEventListener("pointerdown", (event) => event.button === 0 && this.press());
    button.addEventListener("click", (event) => event.detail === 0 && this.press());
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  press() {
    const state = this.page.here?.state;
    const tell = (text, kind, final, data) => this.tell(text, kind, data);
    const sending = send(this.page.treadmill, "belt", { command: "stop" }, tell);
    this.watch = { since: performance.now(), speed: state?.speed_kmh ?? null, sent: false, stood: STANDS.has(state?.belt) };
    sending.then((sent) => {
      if (this.watch) this.watch.sent = sent;
    });
  }

  tell(text, kind, data) {
    if (kind === "bad") {
      // A rejection while the belt stands is not an alarm.
      const stands = STANDS.has(this.page.here?.state?.belt);
      show(this.output, stands ? `STOP: ${text}` : `STOP: ${text} ${KEY}`, "bad", 0);
      this.watch = null;
    } else if (data?.outcome === "confirmed") this.obeyed("STOP obeyed: the belt stands.");
    else if (data?.outcome !== "superseded") show(this.output, `STOP: ${text.toLowerCase()}`, "warn", 0);
  }

  obeyed(text, over = true) {
    show(this.output, text, "good", over ? 9000 : 0);
    if (over) this.watch = null;
  }

  follow(state) {
    const watch = this.watch;
    if (!watch?.sent || !state) return;
    if (STANDS.has(state.belt)) return this.obeyed(watch.stood ? "STOP sent. The belt stands." : "STOP obeyed: the belt stands.");
    const slower = watch.speed !== null && state.speed_kmh !== null && state.speed_kmh <= watch.speed - SLOWER_KMH;
    if (slower && !watch.slower) {
      watch.slower = true;
      this.obeyed("STOP obeyed: the belt slows.", false);
    }
    if (!watch.slower && performance.now() - watch.since > OBEY_MS) this.ignored();
  }

  event(event) {
    if (event.type === "stop_ignored") this.ignored();
  }

  ignored() {
    show(this.output, `STOP NOT OBEYED. ${KEY}`, "bad", 0);
    this.watch = null;
  }
}
