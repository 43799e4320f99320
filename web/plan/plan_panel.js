// @ts-check
/** A run as it will be: what it comes to, the memory of each phase beside what is free, all words, and what cards need. */

import { make } from "../shared/element.js";
import { fields, list, map, maybe, number, readable, shown, text } from "../shared/shape.js";

const GIB = 2 ** 30;
const FIRST = "Not run yet: what training will be shows here.";
const COLORS = 8;
const MEMORY = {
  free: maybe(number),
  fits: maybe(shown),
  peak: maybe(number),
  change: maybe(text),
  phases: maybe(list(fields({ name: text, total: number, parts: map(maybe(number)) }))),
  cards: maybe(map(text)),
};
const PLAN = fields({
  lines: list(text),
  passes: number,
  passes_are: text,
  updates: number,
  seconds: maybe(number),
  memory: maybe(fields(MEMORY)),
});

export class PlanPanel {
  constructor() {
    this.height = 300;
    this.isFixed = true;
    this.element = make("div", "likeness-plan");
    this.element.dataset.captureWheel = "true";
    this.say(FIRST, false);
  }

  executed(output) {
    const plan = readable(this, output?.likeness_plan?.[0], PLAN);
    if (plan) this.show(plan);
  }

  /** How it stands, when nothing was planned. */
  say(words, isFault) {
    this.element.replaceChildren(make("div", isFault ? "likeness-warning" : "", words));
  }

  /** Live lines while it measures have words alone. */
  show(plan) {
    if (!plan.lines) return this.say(plan.text ?? "", false);
    const { memory } = plan;
    const parts = [headOf(plan)];
    if (memory?.phases?.length) parts.push(...phasesOf(memory), ...changeOf(memory));
    parts.push(wordsOf(plan.lines));
    if (memory?.cards) parts.push(cardsOf(memory));
    this.element.replaceChildren(...parts);
    this.element.scrollTop = 0;
  }
}

function headOf({ passes, passes_are: judgement, updates, seconds, memory }) {
  const head = make("div", "likeness-plan-head");
  head.append(chip(`${Math.round(passes)} passes a picture: ${judgement}`, judgement === "usual" ? "ready" : "attention"));
  head.append(chip(`${updates} updates`, ""));
  if (seconds !== null && seconds !== undefined) head.append(chip(`about ${clock(seconds)}`, ""));
  if (memory?.peak) {
    const beside = typeof memory.free !== "number" ? "" : ` of ${gib(memory.free)} free`;
    head.append(chip(`${gib(memory.peak)}${beside}`, memory.fits === false ? "blocked" : memory.fits ? "ready" : ""));
  }
  return head;
}

function chip(words, verdict) {
  const made = make("span", "likeness-plan-chip", words);
  made.dataset.verdict = verdict;
  return made;
}

/** What the colours are, and a table: each phase with its bar and its total; the line is what is free. */
function phasesOf({ phases, free = null }) {
  const names = [...new Set(phases.flatMap(({ parts }) => Object.entries(parts).flatMap(([name, size]) => (size ? [name] : []))))];
  const most = Math.max(free ?? 0, ...phases.map(({ total }) => total), 1);
  const table = make("table", "likeness-plan-phases");
  const legends = make("div", "likeness-plan-legends");
  legends.append(...names.map((name, number) => legend(name, number)));
  if (free !== null) legends.append(legend(`${gib(free)} free`, "free"));
  for (const phase of phases) {
    const row = make("tr");
    const cell = make("td");
    cell.append(barOf(phase, names, most, free));
    const total = make("td", free !== null && phase.total > free ? "likeness-plan-over" : "", gib(phase.total));
    const name = make("th", "", phase.name);
    name.scope = "row";
    row.append(name, cell, total);
    table.append(row);
  }
  return [legends, table];
}

function barOf({ name, parts, total }, names, most, free) {
  const bar = make("div", "likeness-plan-bar");
  const told = Object.entries(parts).filter(([, size]) => size);
  bar.title = [`${name}: ${gib(total)}`, ...told.map(([part, size]) => `${part} ${gib(Number(size))}`)].join("\n");
  for (const [part, size] of told) {
    const piece = make("i");
    piece.dataset.color = String(names.indexOf(part) % COLORS);
    piece.style.width = `${(Number(size) / most) * 100}%`;
    bar.append(piece);
  }
  if (free !== null) {
    const line = make("b");
    line.style.left = `${(free / most) * 100}%`;
    bar.append(line);
  }
  return bar;
}

function legend(words, color) {
  const made = make("span", "likeness-plan-legend");
  const mark = make("i");
  mark.dataset.color = color === "free" ? color : String(color % COLORS);
  made.append(mark, words);
  return made;
}

function changeOf({ change, fits }) {
  return fits === false && change ? [make("div", "likeness-warning", `What makes it fit: ${change}`)] : [];
}

function cardsOf({ cards }) {
  const table = make("table", "likeness-plan-cards");
  for (const [card, words] of Object.entries(cards)) {
    const row = make("tr");
    const name = make("th", "", `${card} GB`);
    name.scope = "row";
    row.append(name, make("td", "", words));
    table.append(row);
  }
  return table;
}

/** Warnings keep their sign and take their colour. */
function wordsOf(lines) {
  const words = make("div", "likeness-plan-words");
  words.append(...lines.map((line) => make("div", /^[!✗]/.test(line) ? "likeness-warning" : "", line)));
  return words;
}

function gib(size) {
  return size >= GIB ? `${(size / GIB).toFixed(1)} GiB` : `${Math.round(size / 2 ** 20)} MiB`;
}

function clock(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
