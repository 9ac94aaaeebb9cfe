// Formats numbers and times. An unknown value is a dash.
// Payloads are metric: only this file converts them to the owner's unit, and targets back.
export const DASH = "–";
const KM_PER_MILE = 1.609344;
const M_PER_FOOT = 0.3048;
const METRIC = { speed: "km/h", distance: "km", pace: "min/km", climb: "m" };
const MILES = { speed: "mph", distance: "mi", pace: "min/mi", climb: "ft" };
export let unit = METRIC;
export const useUnits = (units) => (unit = units === MILES.speed ? MILES : METRIC);
export const inMiles = () => unit === MILES;

const known = (value) => typeof value === "number" && Number.isFinite(value);

export const one = (value, digits = 1) => (known(value) ? value.toFixed(digits) : DASH);
export const whole = (value) => (known(value) ? String(Math.round(value)) : DASH);

// A speed or distance in km as a number in the owner's unit; null stays null.
export const owned = (km) => (known(km) && inMiles() ? km / KM_PER_MILE : km);
export const speed = (kmh) => one(owned(kmh));
export const distance = (metres) => (known(metres) ? owned(metres / 1000).toFixed(2) : DASH);
export const climb = (metres) => whole(known(metres) && inMiles() ? metres / M_PER_FOOT : metres);
// A short distance, with its unit.
export const ahead = (metres) => (inMiles() ? `${distance(metres)} ${unit.distance}` : `${whole(metres)} m`);

// Values of the command for a target. Three decimals of a mile are finer than the bridge's 0.01 km/h.
export const target = (axis, value) =>
  axis === "speed" && inMiles() ? { value: Number(owned(value).toFixed(3)), unit: unit.speed } : { value: Number(value.toFixed(2)) };

const TENTH = KM_PER_MILE / 10;
// The next speed that reads 0.1 mph more or less, in km/h. It is the machine's step nearest to that, because the bridge
// rounds down: 5.4 mph would become 8.6 km/h, which reads 5.3 mph. `miles`: the machine's own steps are miles.
export function nextTenth(kmh, sign, { min, max, step, miles }) {
  const own = miles ? Math.max(1, Math.round(step / TENTH)) * TENTH : step;
  const first = miles ? 0 : min;
  let tenths = Math.round(kmh / TENTH);
  let next;
  do {
    tenths += sign;
    next = first + Math.round((tenths * TENTH - first) / own) * own;
  } while (sign * (next - kmh) < own / 2 && next > min && next < max);
  return Math.min(max, Math.max(min, next));
}

export function clock(seconds) {
  if (!known(seconds)) return DASH;
  const s = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest.replace(/^0(?=\d:)/, "");
}

// Minutes per kilometre or mile; none for a belt that barely moves.
export const pace = (kmh) => (known(kmh) && kmh >= 0.8 ? clock(3600 / owned(kmh)) : DASH);

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
