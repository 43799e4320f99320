// @ts-check
/** One run of the list: its last picture, its name, what it is and how it stands. Changed in place as the run goes on. */

import { button, make } from "../shared/element.js";
import { runFacts } from "./words.js";

export class RunRow {
  /**
   * @param {string} name
   * @param {{ open: (name: string) => void, pick: (name: string, isPicked: boolean) => void, pictureOf: (run: any) => string }} acts
   */
  constructor(name, acts) {
    this.name = name;
    this.acts = acts;
    this.run = null;
    this.element = make("li", "likeness-runs-row");
    this.open = button("likeness-runs-open", "", `Open the run ${name}`, () => acts.open(name));
    this.picture = make("span", "likeness-runs-picture");
    this.title = make("span", "likeness-runs-name", name);
    this.state = make("span", "likeness-runs-state");
    this.base = make("span", "likeness-runs-base");
    this.facts = make("span", "likeness-runs-facts", "…");
    const head = make("span", "likeness-runs-head");
    head.append(this.title, this.state);
    const words = make("span", "likeness-runs-words");
    words.append(head, this.base, this.facts);
    this.open.append(this.picture, words);
    this.picked = make("input", "likeness-runs-pick");
    this.picked.type = "checkbox";
    this.picked.title = "Pick two runs to compare them";
    this.picked.setAttribute("aria-label", `Pick ${name} to compare`);
    this.picked.addEventListener("change", () => acts.pick(name, this.picked.checked));
    this.element.append(this.open, this.picked);
  }

  /** @param {any} run as the host tells of it */
  show(run) {
    const isNewPicture = run.picture && (!this.run || this.run.step !== run.step || !this.run.picture);
    this.run = run;
    this.state.textContent = run.state;
    this.state.dataset.state = run.state;
    this.base.textContent = this.base.title = run.fault || [run.base, run.family].filter(Boolean).join(" · ");
    this.base.classList.toggle("likeness-warning", Boolean(run.fault));
    this.facts.textContent = runFacts(run).join(" · ");
    this.picked.disabled = Boolean(run.fault);
    if (isNewPicture) this.draw();
  }

  draw() {
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.draggable = false;
    image.alt = "";
    image.src = this.acts.pictureOf(this.run);
    image.addEventListener("error", () => image.remove());
    this.picture.replaceChildren(image);
  }

  /** What a running run tells of itself between two askings. */
  live({ step, steps }) {
    if (!this.run) return;
    this.show({ ...this.run, step, steps, at: Date.now() / 1000, state: "running", picture: this.run.picture });
  }

  /** Whether the row is of those that are looked for. */
  fits(words, state) {
    if (state && this.run?.state !== state) return false;
    const { name, base = "", family = "" } = this.run ?? this;
    const said = `${name} ${base} ${family}`.toLowerCase();
    return words.every((word) => said.includes(word));
  }
}
