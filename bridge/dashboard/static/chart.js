// The session's chart. The server sends the columns; new points are appended here.
import { clock, owned } from "./format.js";

const FIELDS = ["t", "speed", "asked_speed", "bound_speed", "incline", "asked_incline", "bound_incline", "heart_rate"];
const SPEEDS = new Set(["speed", "asked_speed", "bound_speed"]);
const SHOWN = ["t", "incline", "bound_speed", "asked_speed", "speed", "heart_rate"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const most = (column, least) => column.reduce((max, value) => (value > max ? value : max), least);

const inUnit = (field, value) => (SPEEDS.has(field) ? owned(value) : value);

export class Chart {
  constructor(box) {
    this.box = box;
    this.columns = this.none();
    this.plot = null;
    this.pending = 0;
    new ResizeObserver(() => this.resize()).observe(box);
  }

  none() {
    return Object.fromEntries(FIELDS.map((field) => [field, []]));
  }

  set(columns) {
    this.columns = columns ? Object.fromEntries(FIELDS.map((field) => [field, (columns[field] ?? []).map((value) => inUnit(field, value))])) : this.none();
    this.draw();
  }

  add(point) {
    FIELDS.forEach((field, i) => this.columns[field].push(inUnit(field, point[i] ?? null)));
    this.draw();
  }

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (this.box.clientWidth < 50) return;
      this.plot ??= this.make();
      this.plot.setData(SHOWN.map((field) => this.columns[field]));
    });
  }

  resize() {
    if (this.plot) this.plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
    else this.draw();
  }

  make() {
    const font = "13px Inter, system-ui, sans-serif";
    const axis = (side, scale, color, size) => ({ side, scale, size, font, stroke: color, grid: { show: side === 3, stroke: "#1e2937", width: 1 }, ticks: { show: false }, gap: 4 });
    const stepped = uPlot.paths.stepped({ align: 1 });
    const line = (scale, color, width, more = {}) => ({ scale, stroke: css(color), width, points: { show: false }, spanGaps: false, ...more });
    const { columns } = this;
    return new uPlot(
      {
        width: this.box.clientWidth,
        height: this.box.clientHeight,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 0, 0, 0],
        scales: {
          x: { time: false, range: (_, min, max) => [min ?? 0, Math.max((min ?? 0) + 60, max ?? 0)] },
          speed: { range: () => [0, Math.ceil(most([...this.columns.speed, ...this.columns.asked_speed], 5) * 1.2)] },
          // In the lower half, as a ground profile.
          percent: { range: () => [0, Math.max(10, Math.ceil(most(this.columns.incline, 0) * 2))] },
          bpm: { range: () => [40, Math.max(180, most(this.columns.heart_rate, 0) + 10)] },
        },
        axes: [
          { ...axis(2, "x", css("dim"), 26), values: (_, ticks) => ticks.map(clock), grid: { show: false }, space: 70 },
          { ...axis(3, "speed", css("speed"), 32), space: 36 },
          { ...axis(1, "percent", css("incline"), 34), space: 40, values: (_, ticks) => ticks.map((t) => `${t}%`) },
        ],
        series: [
          {},
          line("percent", "incline", 1.5, { fill: "#7ee78726" }),
          line("speed", "allowed", 1.5, { dash: [6, 6], paths: stepped }),
          line("speed", "asked", 2, { paths: stepped }),
          line("speed", "speed", 3),
          line("bpm", "heart", 1.5),
        ],
      },
      SHOWN.map((field) => columns[field]),
      this.box,
    );
  }
}
