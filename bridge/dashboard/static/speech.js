// Speech for warnings, and a screen wake lock while the belt moves.
const SPOKEN = new Set([
  "warm_up_over", "steep_warning", "steep_closed", "steep_open", "limited", "cool_down", "cool_down_done",
  "unexpected_rise", "unexpected_rise_alarm", "stale", "no_answers", "garbled", "not_responding", "incline_stuck",
  "disobeyed", "link_lost", "heart_rate_high", "heart_rate_lost", "gradual", "gradual_finish", "stop_ignored",
  "safety_key", "control_taken", "cue_posture", "cue_drink", "cue_walk", "workout_started", "workout_step", "workout_cue", "workout_ended",
]);
const KEY = "voice";

export class Voice {
  constructor(button, onChange) {
    this.button = button;
    this.on = "speechSynthesis" in window && localStorage.getItem(KEY) === "on";
    button.hidden = !("speechSynthesis" in window);
    button.addEventListener("click", () => {
      this.on = !this.on;
      localStorage.setItem(KEY, this.on ? "on" : "off");
      this.show();
      onChange(this.on);
      // Must run inside a tap, else a phone refuses speech later.
      if (this.on) this.say("Voice on.");
      else speechSynthesis.cancel();
    });
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.button.textContent = this.on ? "Voice on" : "Voice off";
  }

  event(event) {
    if (SPOKEN.has(event.type)) this.say(event.text);
  }

  say(text) {
    if (!this.on) return;
    const words = new SpeechSynthesisUtterance(text);
    words.lang = "en";
    speechSynthesis.speak(words);
  }
}

let lock = null;
let wanted = false;
export async function stayAwake(moving) {
  wanted = moving;
  if (!moving) {
    lock?.release().catch(() => {});
    lock = null;
  } else if (!lock && !document.hidden && "wakeLock" in navigator) {
    try {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => (lock = null));
      if (!wanted) stayAwake(false);
    } catch {
      lock = null; // a low battery refuses it
    }
  }
}
