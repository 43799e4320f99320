// @ts-check
/** What a run measured, by step: likeness above, losses below, with axes, and the values of one step read out. */

import { make } from "../shared/element.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 38;
const RIGHT = 38;
const TOP = 6;
const FOOT = 18;
const BETWEEN = 8;
const LEAST = [300, 100];

/** Curves in the order in which they are drawn and named; `own` has its scale at the right. */
const CURVES = [
  { key: "loss", plot: "loss", name: "loss: not quality", digits: 4, why: "Loss of each update, thinned. It says nothing about quality." },
  {
    key: "heldOut",
    plot: "loss",
    name: "held-out loss",
    digits: 4,
    why: "Loss on pictures that are not trained on: where it rises while the loss falls, the run learns by heart.",
  },
  { key: "live", plot: "likeness", name: "live likeness", digits: 2, own: true, why: "" },
  {
    key: "likeness",
    plot: "likeness",
    name: "likeness of samples",
    digits: 2,
    why: "How much the faces of the samples are the character's, a mean of all prompts. Its scale is at the left.",
  },
];

export class RunChart {
  constructor() {
    this.data = { loss: [], heldOut: [], live: [], likeness: [], saved: [] };
    this.hidden = new Set();
    this.scales = new Map();
    this.at = null;
    this.element = make("div", "likeness-chart");
    this.area = make("div", "likeness-chart-area");
    this.area.tabIndex = 0;
    this.area.setAttribute("role", "slider");
    this.area.setAttribute("aria-label", "Curves by step: the arrow keys read out one step after the other, Escape the last");
    this.svg = svgOf("svg", {});
    this.svg.setAttribute("aria-hidden", "true");
    this.area.append(this.svg);
    this.words = make("div", "likeness-legend");
    this.stepWords = make("span", "likeness-legend-step");
    this.entries = new Map(CURVES.map((curve) => [curve.key, this.entry(curve)]));
    this.words.append(this.stepWords, ...[...this.entries.values()].reverse().map(({ button }) => button));
    this.element.append(this.area, this.words);
    this.area.addEventListener("pointermove", (event) => this.point(event));
    this.area.addEventListener("pointerleave", () => this.read(null));
    this.area.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.render()).observe(this.area);
  }

  entry(curve) {
    const shown = make("button", `likeness-legend-entry likeness-${classOf(curve.key)}-words`);
    shown.type = "button";
    const words = make("span", "", curve.name);
    shown.append(make("i"), words);
    shown.title = curve.why;
    shown.setAttribute("aria-pressed", "true");
    shown.addEventListener("click", () => {
      if (!this.hidden.delete(curve.key)) this.hidden.add(curve.key);
      shown.setAttribute("aria-pressed", String(!this.hidden.has(curve.key)));
      this.render();
    });
    return { button: shown, words };
  }

  /** @param {any} state the whole state of a run */
  draw(state) {
    const heldOut = (state.held_out ?? []).map(([step, held]) => [step, held]);
    const { loss = [], live = [], likeness = [], saved = [] } = state;
    this.data = { loss, heldOut, live, likeness, saved };
    const what = state.live_of ? `Live likeness: ${state.live_of}. Its scale, at the right, is its own.` : "";
    this.entries.get("live")?.button.setAttribute("title", what);
    this.render();
  }

  shown(plot) {
    return CURVES.filter(({ key, plot: of }) => of === plot && !this.hidden.has(key) && this.data[key].length);
  }

  get steps() {
    const found = new Set(CURVES.filter(({ key }) => !this.hidden.has(key)).flatMap(({ key }) => this.data[key].map(([step]) => step)));
    return [...found].sort((one, other) => one - other);
  }

  render() {
    const [wide, high] = [Math.max(this.area.clientWidth, LEAST[0]), Math.max(this.area.clientHeight, LEAST[1])];
    this.scales.clear();
    this.svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    this.across = { from: LEFT, to: wide - RIGHT, last: Math.max(1, ...this.steps) };
    const plots = ["likeness", "loss"].filter((plot) => this.shown(plot).length);
    const room = high - TOP - FOOT - BETWEEN * Math.max(plots.length - 1, 0);
    const shares = plots.length > 1 ? [0.58, 0.42] : [1];
    let top = TOP;
    const drawn = plots.flatMap((plot, number) => {
      const bottom = top + room * shares[number];
      const made = this.plot(plot, top, bottom);
      top = bottom + BETWEEN;
      return made;
    });
    this.cursor = svgOf("g", { class: "likeness-cursor" });
    this.svg.replaceChildren(...drawn, ...this.foot(high), this.cursor);
    if (!plots.length) this.svg.append(text("Curves come with the first step.", wide / 2, high / 2, "middle"));
    this.read(this.at);
  }

  plot(plot, top, bottom) {
    const curves = this.shown(plot);
    const ground = svgOf("rect", { class: "likeness-ground", x: LEFT, y: top, width: this.across.to - LEFT, height: bottom - top, rx: 3 });
    const left = scaleOf(curves.filter(({ own }) => !own).map(({ key }) => this.data[key]), top, bottom);
    const right = scaleOf(curves.filter(({ own }) => own).map(({ key }) => this.data[key]), top, bottom);
    const most = Math.max(2, Math.floor((bottom - top) / 22));
    const made = [ground];
    for (const value of ticks(left, most)) {
      made.push(svgOf("line", { class: "likeness-grid", x1: LEFT, x2: this.across.to, y1: left.y(value), y2: left.y(value) }));
      made.push(text(short(value), LEFT - 4, left.y(value) + 3, "end"));
    }
    for (const value of ticks(right, most)) made.push(text(short(value), this.across.to + 4, right.y(value) + 3, "start", "likeness-live-words"));
    for (const curve of curves) {
      const scale = curve.own ? right : left;
      this.scales.set(curve.key, scale);
      const points = this.data[curve.key].map(([step, value]) => `${this.x(step).toFixed(1)},${scale.y(value).toFixed(1)}`);
      made.push(svgOf("polyline", { class: `likeness-${classOf(curve.key)}`, points: points.join(" ") }));
      if (points.length === 1) made.push(this.dot(curve, this.data[curve.key][0]));
    }
    return made;
  }

  /** Steps along the bottom, and a mark where a checkpoint was saved. */
  foot(high) {
    const [from, to] = [high - FOOT, high - 2];
    const saved = this.data.saved.map((step) => {
      const mark = svgOf("path", { class: "likeness-saved", d: `M${this.x(step)} ${from} l-3 4 h6 z` });
      const words = svgOf("title", {});
      words.textContent = `saved at step ${step}`;
      mark.append(words);
      return mark;
    });
    const most = Math.max(2, Math.floor((this.across.to - LEFT) / 70));
    const numbers = round(0, this.across.last, most).map((step) => text(String(step), this.x(step), to, "middle"));
    return this.steps.length ? [...saved, ...numbers] : [];
  }

  x(step) {
    return LEFT + (step / this.across.last) * (this.across.to - LEFT);
  }

  dot(curve, [step, value]) {
    return svgOf("circle", { class: `likeness-dot likeness-${classOf(curve.key)}-dot`, cx: this.x(step), cy: this.scales.get(curve.key).y(value), r: 2.5 });
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const wide = Math.max(this.area.clientWidth, LEAST[0]);
    const step = ((((event.clientX - box.left) / box.width) * wide - LEFT) / (this.across.to - LEFT)) * this.across.last;
    this.read(nearest(this.steps, step));
  }

  key(event) {
    const steps = this.steps;
    const place = this.at === null ? steps.length - 1 : steps.indexOf(nearest(steps, this.at));
    const moves = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: steps.length - 1 };
    if (event.key !== "Escape" && !(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    this.read(event.key === "Escape" || !steps.length ? null : steps[Math.min(Math.max(moves[event.key], 0), steps.length - 1)]);
  }

  /** Reads out one step, or with null the last of each curve. */
  read(step) {
    this.at = step;
    const values = CURVES.map((curve) => [curve, rowAt(this.data[curve.key], step)]);
    for (const [curve, row] of values) {
      const { button, words } = this.entries.get(curve.key);
      button.hidden = !this.data[curve.key].length;
      words.textContent = row ? `${curve.name} ${row[1].toFixed(curve.digits)}` : curve.name;
    }
    const last = this.steps.at(-1) ?? 0;
    this.stepWords.textContent = `step ${step ?? last}`;
    const seen = values.filter(([curve, row]) => row && this.scales.has(curve.key) && !this.hidden.has(curve.key));
    const dots = seen.map(([curve, row]) => this.dot(curve, row));
    const line = svgOf("line", { x1: this.x(step ?? 0), x2: this.x(step ?? 0), y1: TOP, y2: Number(this.svg.viewBox.baseVal.height) - FOOT });
    this.cursor.replaceChildren(...(step === null ? [] : [line, ...dots]));
    this.area.setAttribute("aria-valuemin", "0");
    this.area.setAttribute("aria-valuemax", String(last));
    this.area.setAttribute("aria-valuenow", String(step ?? last));
    const said = seen.map(([curve, row]) => `${curve.name} ${row[1].toFixed(curve.digits)}`);
    this.area.setAttribute("aria-valuetext", [`step ${step ?? last}`, ...said].join(", "));
  }
}

/** Low, high and the place of a value, for curves that share a scale; null where there are none. */
function scaleOf(curves, top, bottom) {
  const values = curves.flat().map(([, value]) => value).filter(Number.isFinite);
  if (!values.length) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (most - least) * 0.06 || Math.abs(most) * 0.06 || 1;
  const [low, high] = [least - room, most + room];
  return { low, high, y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top) };
}

function ticks(scale, most) {
  return scale ? round(scale.low, scale.high, most) : [];
}

/** Numbers from low to high, a step of 1, 2 or 5 times a power of ten apart. */
export function round(low, high, most) {
  const span = high - low;
  const unit = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 5, 10, 20].map((times) => unit * times).find((each) => span / each <= most) ?? span;
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, number) => Number(((first + number) * step).toPrecision(12)));
}

/** The row of a step, or the last one before it; of null the last of all. */
function rowAt(rows, step) {
  if (step === null) return rows.at(-1);
  return rows.findLast(([at]) => at <= step);
}

function nearest(steps, step) {
  return steps.reduce((best, each) => (Math.abs(each - step) < Math.abs(best - step) ? each : best), steps[0] ?? null);
}

function short(value) {
  return String(Number(value.toPrecision(4)));
}

function classOf(key) {
  return key === "heldOut" ? "held-out" : key;
}

function svgOf(tag, attributes) {
  const made = /** @type {any} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function text(words, x, y, anchor, name = "likeness-tick") {
  const made = svgOf("text", { class: name, x, y, "text-anchor": anchor });
  made.textContent = words;
  return made;
}
