// @ts-check
/** A run as it goes: how it stands in words, its curves, and the samples of one step or the pictures it learns. */

import { button, make } from "../shared/element.js";
import { fields, list, maybe, number, optional, readable, row, text, view } from "../shared/shape.js";
import { BundleBox } from "./bundle_box.js";
import { RunChart } from "./run_chart.js";
import { WatchedPictures } from "./watched_pictures.js";

const SCRUBBER = "Samples by step; the arrow keys flip between neighbours";
const FIRST = "Not run yet: steps, samples and time left show here.";

const CURVE = optional(list(row(number, number)));
const RUN = fields({
  status: text,
  run: maybe(text),
  facts: optional(text),
  spill: optional(text),
  by_heart: optional(text),
  plateau: optional(text),
  noticed: optional(text),
  loss: CURVE,
  held_out: CURVE,
  likeness: CURVE,
  live: CURVE,
  live_of: maybe(text),
  saved: optional(list(number)),
  samples: optional(list(fields({ step: number, images: maybe(list(view)) }))),
  samples_of: maybe(number),
  pictures: optional(list(fields({ name: text, learned: number, verdict: text, why: text, view: maybe(view) }))),
  pictures_of: optional(number),
});

export class RunPanel {
  /**
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {any} api the host's
   */
  constructor(urlOf, api) {
    this.urlOf = urlOf;
    this.height = 338;
    this.state = null;
    this.samples = [];
    this.likeness = new Map();
    this.follows = true;
    this.isPaused = false;
    this.element = make("div", "likeness-run");
    this.status = make("div", "likeness-status", FIRST);
    this.status.setAttribute("role", "status");
    this.facts = make("div", "likeness-facts");
    this.notes = make("div", "likeness-notes");
    this.chart = new RunChart();
    this.strip = make("div", "likeness-strip");
    this.pictures = new WatchedPictures(urlOf, (words) => (this.told.textContent = words || this.advice));
    this.scrubber = makeScrubber();
    this.label = make("span", "likeness-step", "no samples yet");
    this.told = make("span", "likeness-watched-told");
    this.bundle = new BundleBox(api);
    this.element.append(this.status, this.facts, this.notes, this.chart.element, this.makeBar(), this.strip);
    this.element.append(this.pictures.element, this.makeFoot(), this.bundle.element);
    this.look("samples");
  }

  makeBar() {
    const bar = make("div", "likeness-run-bar");
    this.views = new Map([
      ["samples", button("", "Samples", "The pictures that the run draws on its way", () => this.look("samples"))],
      ["pictures", button("", "Pictures", "What is learned of each picture that is trained on", () => this.look("pictures"))],
    ]);
    this.pause = button("", "Pause", "Keeps what is shown as it is; training goes on", () => this.hold(!this.isPaused));
    this.pause.setAttribute("aria-pressed", "false");
    const words = "Settings, log, versions and the last error as one zip to hand to whoever helps; shown before it is saved";
    this.packs = button("", "Diagnostic bundle", words, () => this.bundle.open(this.state.run, this.packs));
    this.packs.disabled = true;
    bar.append(...this.views.values(), make("span", "likeness-gap"), this.pause, this.packs);
    return bar;
  }

  makeFoot() {
    const foot = make("label", "likeness-foot");
    foot.append(this.scrubber, this.label, this.told);
    this.scrubber.addEventListener("input", () => {
      this.follows = Number(this.scrubber.value) === this.samples.length - 1;
      this.drawSamples();
    });
    return foot;
  }

  executed(output) {
    this.show(output?.likeness?.[0]);
  }

  /** The whole state comes each time, so that a page opened in mid-run shows the same. */
  show(told) {
    const state = readable(this, told, RUN);
    if (!state) return;
    this.state = state;
    this.say(state.status, false);
    this.packs.disabled = !state.run;
    if (!this.isPaused) this.draw(state);
  }

  hold(isPaused) {
    this.isPaused = isPaused;
    this.pause.setAttribute("aria-pressed", String(isPaused));
    this.pause.textContent = isPaused ? "Resume" : "Pause";
    if (!isPaused && this.state) this.draw(this.state);
  }

  draw(state) {
    this.facts.textContent = this.facts.title = state.facts ?? "";
    this.note(state);
    this.chart.draw(state);
    this.pictures.draw(state);
    this.views.get("pictures")?.replaceChildren(`Pictures${this.pictures.summary}`);
    this.told.textContent = this.advice;
    this.likeness = new Map(state.likeness ?? []);
    this.samples = state.samples ?? [];
    this.scrubber.max = String(Math.max(this.samples.length - 1, 0));
    this.scrubber.disabled = this.samples.length < 2;
    const shown = `${this.samples.length} of ${state.samples_of} samplings, at even distances. `;
    this.scrubber.title = (state.samples_of > this.samples.length ? shown : "") + SCRUBBER;
    if (this.follows) this.scrubber.value = this.scrubber.max;
    this.drawSamples();
  }

  /** What costs speed comes first and in the colour of warnings. */
  note({ spill = "", by_heart: heart = "", plateau = "", noticed = "" }) {
    const rest = [heart, plateau, noticed].filter(Boolean).join(" · ");
    const warning = spill ? [make("span", "likeness-warning", rest ? `${spill} ` : spill)] : [];
    this.notes.replaceChildren(...warning, rest);
    this.notes.title = [spill, rest].filter(Boolean).join("\n");
  }

  /** A line on how it stands. Curves and samples stay. */
  say(words, isFault) {
    this.status.textContent = words;
    this.status.title = words;
    this.status.classList.toggle("likeness-warning", isFault);
  }

  /** Samples, or the pictures that are trained on. */
  look(which) {
    for (const [name, shown] of this.views) shown.setAttribute("aria-pressed", String(name === which));
    const isSamples = which === "samples";
    for (const part of [this.strip, this.scrubber, this.label]) part.hidden = !isSamples;
    for (const part of [this.pictures.element, this.told]) part.hidden = isSamples;
    this.told.textContent = this.advice;
  }

  get advice() {
    return this.pictures.pictures.length ? "Point at a picture; those worth a look come first." : "";
  }

  drawSamples() {
    const sample = this.samples[Number(this.scrubber.value)];
    this.label.textContent = sample ? labelOf(sample.step) + likenessOf(this.likeness.get(sample.step)) : "no samples yet";
    const urls = (sample?.images ?? []).map(this.urlOf);
    if (urls.join() === this.drawn) return;
    this.drawn = urls.join();
    this.strip.replaceChildren(...urls.map((url, index) => picture(url, `${labelOf(sample.step)}, prompt ${index + 1}`)));
  }
}

function labelOf(step) {
  return step === 0 ? "step 0: no LoRA" : `step ${step}`;
}

function likenessOf(value) {
  return value === undefined ? "" : `, likeness ${value.toFixed(2)}`;
}

function makeScrubber() {
  const scrubber = document.createElement("input");
  scrubber.type = "range";
  scrubber.min = scrubber.max = scrubber.value = "0";
  scrubber.disabled = true;
  scrubber.title = SCRUBBER;
  return scrubber;
}

function picture(url, words) {
  const image = document.createElement("img");
  image.src = url;
  image.alt = image.title = words;
  return image;
}
