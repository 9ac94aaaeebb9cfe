// Up and down in machine steps, or in tenths of a mile per hour if the owner or the machine counts in miles.
// Holding a button repeats: the number changes here, requests are sent one at a time.
import { send, show } from "./commands.js";
import { inMiles, nextTenth, target } from "./format.js";

const FIRST_MS = 500;
const REPEAT_MS = 220;
const GAP_MS = 500;
const FORGET_MS = 2500;

// The next multiple of the step: up from 6.03 is 6.1.
function nextStep(base, sign, { min, max, step }) {
  const steps = sign > 0 ? Math.floor(base / step + 1e-6) + 1 : Math.ceil(base / step - 1e-6) - 1;
  return Math.min(max, Math.max(min, Number((steps * step).toFixed(2))));
}

export class Stepper {
  // axis: "speed" or "incline"; page: gives treadmill, range, request and whether it may be pressed.
  constructor(axis, page, output, onWanted) {
    Object.assign(this, { axis, page, output, onWanted, wanted: null, sent: null, busy: false, last: 0 });
    this.wire(document.getElementById(`${axis}-up`), 1);
    this.wire(document.getElementById(`${axis}-down`), -1);
  }

  wire(button, sign) {
    let timer = 0;
    const end = () => {
      if (!timer) return;
      clearTimeout(timer);
      timer = 0;
      this.flush();
    };
    const again = () => {
      if (button.disabled) return end();
      this.step(sign);
      timer = setTimeout(again, REPEAT_MS);
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || button.disabled) return;
      button.setPointerCapture(event.pointerId);
      this.step(sign);
      timer = setTimeout(again, FIRST_MS);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(name, end);
    window.addEventListener("blur", end);
    // From the keyboard, without a pointer event.
    button.addEventListener("click", (event) => event.detail === 0 && !button.disabled && this.step(sign));
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  step(sign) {
    const range = this.page.range(this.axis);
    const base = this.wanted ?? this.page.request(this.axis);
    if (base === null) return;
    this.wanted = (this.axis === "speed" && (inMiles() || range.miles) ? nextTenth : nextStep)(base, sign, range);
    this.onWanted();
    this.flush();
  }

  // At most one request is in flight, and the next waits briefly; the newest number wins.
  async flush() {
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => this.forget(), FORGET_MS);
    if (this.busy || this.wanted === null || this.wanted === this.sent) return;
    const wait = this.last + GAP_MS - performance.now();
    if (wait > 0) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.flush(), wait);
      return;
    }
    this.busy = true;
    this.last = performance.now();
    this.sent = this.wanted;
    await send(this.page.treadmill, this.axis, target(this.axis, this.sent), (text, kind, final) => show(this.output, text, kind, final ? undefined : 0));
    this.busy = false;
    this.flush();
  }

  forget() {
    if (this.busy || this.wanted !== this.sent) return;
    this.wanted = this.sent = null;
    this.onWanted();
  }
}
