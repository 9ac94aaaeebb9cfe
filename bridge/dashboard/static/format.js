// Formats numbers and times. An unknown value is a dash.
export const DASH = "–";
const known = (value) => typeof value === "number" && Number.isFinite(value);

export const one = (value, digits = 1) => (known(value) ? value.toFixed(digits) : DASH);
export const whole = (value) => (known(value) ? String(Math.round(value)) : DASH);
export const km = (metres) => (known(metres) ? (metres / 1000).toFixed(2) : DASH);

export function clock(seconds) {
  if (!known(seconds)) return DASH;
  const s = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest.replace(/^0(?=\d:)/, "");
}

// Minutes per kilometre; none for a belt that barely moves.
export const pace = (kmh) => (known(kmh) && kmh >= 0.8 ? clock(3600 / kmh) : DASH);

export function timeOfDay(iso) {
  const when = new Date(iso);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function dayAndTime(iso) {
  const when = new Date(iso);
  if (Number.isNaN(when.getTime())) return "";
  const year = when.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const day = when.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", ...year });
  return `${day.replace(",", "")}, ${timeOfDay(iso)}`;
}

// A reason is an object with a text, or the text itself.
export const reasonText = (reason) => (typeof reason === "string" ? reason : String(reason?.text ?? ""));
export function reasonsText(reasons) {
  const texts = Array.isArray(reasons) ? reasons.map(reasonText).filter(Boolean) : [];
  return texts.join(texts.every((text) => text.endsWith(".")) ? " " : "; ");
}
