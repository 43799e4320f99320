// @ts-check
/** A run as it goes: one line of words, two small curves, and the samples of one step with a scrubber over steps. */

import { make } from "../shared/element.js";

const WIDTH = 240;
const HEIGHT = 44;
const SCRUBBER = "Samples by step; the arrow keys flip between neighbours";
const SVG = "http://www.w3.org/2000/svg";

export class RunPanel {
  /** @param {(view: Record<string, string>) => string} urlOf */
  constructor(urlOf) {
    this.urlOf = urlOf;
    this.height = 210;
    this.state = null;
    this.samples = [];
    this.likeness = new Map();
    this.follows = true;
    this.element = make("div", "likeness-run");
    this.status = make("div", "likeness-status", "Queue to train: steps, samples and time left show here.");
    this.status.setAttribute("role", "status");
    this.curves = new Curves();
    this.strip = make("div", "likeness-strip");
    this.scrubber = makeScrubber();
    this.label = make("span", "likeness-step", "no samples yet");
    const foot = make("label", "likeness-foot");
    foot.append(this.scrubber, this.label);
    this.element.append(this.status, this.curves.element, this.strip, foot);
    this.scrubber.addEventListener("input", () => {
      this.follows = Number(this.scrubber.value) === this.samples.length - 1;
      this.drawSamples();
    });
  }

  executed(output) {
    const state = output?.likeness?.[0];
    if (state) this.show(state);
  }

  /** The whole state comes each time, so that a page opened in mid-run shows the same. */
  show(state) {
    this.state = state;
    this.say(state.status, false);
    this.curves.draw(state);
    this.likeness = new Map(state.likeness ?? []);
    this.samples = state.samples ?? [];
    this.scrubber.max = String(Math.max(this.samples.length - 1, 0));
    this.scrubber.disabled = this.samples.length < 2;
    const shown = `${this.samples.length} of ${state.samples_of} samplings, at even distances. `;
    this.scrubber.title = (state.samples_of > this.samples.length ? shown : "") + SCRUBBER;
    if (this.follows) this.scrubber.value = this.scrubber.max;
    this.drawSamples();
  }

  /** A line on how it stands. Curves and samples stay. */
  say(words, isFault) {
    this.status.textContent = words;
    this.status.title = words;
    this.status.classList.toggle("likeness-warning", isFault);
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

/** Loss is grey and says that it is not quality; likeness is bright, held-out loss between. Each has its own scale. */
class Curves {
  constructor() {
    this.element = make("div", "likeness-curves");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    this.loss = line("likeness-loss");
    this.heldOut = line("likeness-held-out");
    this.likeness = line("likeness-likeness");
    svg.append(this.loss, this.heldOut, this.likeness);
    this.words = make("div", "likeness-legend");
    this.lossWords = make("span", "likeness-loss-words", "loss: not quality");
    this.heldOutWords = make("span", "likeness-held-out-words", "held-out loss");
    this.likenessWords = make("span", "likeness-likeness-words", "");
    this.words.append(this.lossWords, this.heldOutWords, this.likenessWords);
    this.element.append(svg, this.words);
  }

  draw({ loss, held_out: heldOut, likeness }) {
    const last = Math.max(1, ...[loss, heldOut, likeness].flatMap((rows) => (rows ?? []).map(([step]) => step)));
    this.loss.setAttribute("points", pointsOf(loss ?? [], last));
    this.heldOut.setAttribute("points", pointsOf((heldOut ?? []).map(([step, held]) => [step, held]), last));
    this.likeness.setAttribute("points", pointsOf(likeness ?? [], last));
    this.likenessWords.textContent = likeness?.length ? `likeness ${lastValue(likeness, 2)}` : "";
    this.lossWords.textContent = `loss ${lastValue(loss)}: not quality`;
    this.heldOutWords.textContent = `held-out loss ${lastValue(heldOut)}`;
  }
}

function pointsOf(rows, last) {
  const values = rows.map(([, value]) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const place = ([step, value]) => [(step / last) * WIDTH, HEIGHT - 3 - ((value - low) / span) * (HEIGHT - 6)];
  return rows.map((row) => place(row).map((number) => number.toFixed(1)).join(",")).join(" ");
}

function lastValue(rows, digits = 4) {
  return rows?.length ? rows[rows.length - 1][1].toFixed(digits) : "";
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

function line(name) {
  const made = document.createElementNS(SVG, "polyline");
  made.setAttribute("class", name);
  return made;
}
