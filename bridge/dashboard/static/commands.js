// Commands are sent at once or not at all; the page queues nothing.
import { one, reasonsText, speed, unit } from "./format.js";

const SEND_MS = 2500;
const ANSWER_MS = 5000;
const SHOWN_MS = 9000;
const waiting = new Map();

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

const timers = new WeakMap();
export function show(output, text, kind, forMs = SHOWN_MS) {
  clearTimeout(timers.get(output));
  output.textContent = text;
  output.className = `outcome ${kind}`;
  if (forMs) timers.set(output, setTimeout(() => show(output, "", "", 0), forMs));
}

// `tell(text, kind, final)` is called with each outcome of the command.
export async function send(treadmill, kind, values, tell) {
  const id = newId();
  tell("Sending…", "wait", false);
  const entry = { kind, tell, done: false };
  waiting.set(id, entry);
  let error = "";
  try {
    const answer = await fetch("/command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Treadmill": "1" },
      body: JSON.stringify({ treadmill, kind, values, id }),
      cache: "no-store",
      keepalive: true,
      signal: AbortSignal.timeout(SEND_MS),
    });
    if (answer.status === 401) document.dispatchEvent(new Event("login"));
    if (!answer.ok) error = (await answer.json().catch(() => ({}))).error ?? `Not sent (${answer.status}).`;
  } catch {
    error = "Not sent: the dashboard's server is unreachable.";
  }
  if (error) {
    waiting.delete(id);
    tell(error, "bad", true);
    return false;
  }
  if (!entry.heard) tell("Sent.", "wait", false);
  setTimeout(() => {
    if (!entry.heard && waiting.delete(id)) tell("Sent, but the bridge does not answer.", "bad", true);
  }, ANSWER_MS);
  return true;
}

// The bridge's outcome of a command.
export function outcome(data) {
  const entry = waiting.get(data.id);
  if (!entry) return;
  entry.heard = true;
  const why = reasonsText(data.reasons).replace(/\.$/, "");
  const amount = entry.kind === "speed" ? `${speed(data.applied)} ${unit.speed}` : `${one(data.applied)} %`;
  const target = typeof data.applied === "number" ? amount : "";
  const because = why ? `: ${why}` : "";
  const words = {
    accepted: [target ? `Accepted: ${target}.` : "Accepted.", "wait", false],
    limited: [`Limited to ${target || "less"}${because}.`, "warn", false],
    confirmed: [target ? `Reached: ${target}.` : "Done.", "good", true],
    rejected: [`Rejected${because}.`, "bad", true],
    superseded: [`Replaced${because}.`, "wait", true],
    failed: [`Failed${because}.`, "bad", true],
  };
  const [text, kind, final] = words[data.outcome] ?? [data.outcome, "wait", true];
  if (final) waiting.delete(data.id);
  // Keep showing the reason of a limit: it says more than the later confirmation.
  if (data.outcome === "confirmed" && entry.limited) return entry.tell(entry.limited, "warn", true, data);
  if (data.outcome === "limited") entry.limited = text;
  entry.tell(text, kind, final, data);
}
