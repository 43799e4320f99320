// @ts-check
/** Asks twice before a run goes: once with all that would go, once more that it cannot be undone. */

import { button, make } from "../shared/element.js";
import { sizeWords } from "./words.js";

export class RunRemoval {
  /**
   * @param {(path: string, question?: any) => Promise<any>} ask
   * @param {{ removed: (name: string) => void, closed: () => void }} acts
   */
  constructor(ask, acts) {
    this.ask = ask;
    this.acts = acts;
    this.element = make("div", "likeness-runs-removal");
    this.element.hidden = true;
    this.element.setAttribute("role", "alertdialog");
    this.element.setAttribute("aria-label", "Delete a run");
    this.words = make("div");
    this.words.setAttribute("role", "status");
    this.list = make("ul");
    this.yes = button("likeness-runs-danger", "", "", () => this.next());
    this.no = button("", "Keep it", "Nothing is deleted", () => this.close(true));
    const bar = make("div", "likeness-runs-bar");
    bar.append(this.yes, this.no);
    this.element.append(this.words, this.list, bar);
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
  }

  async open(name) {
    this.name = name;
    this.told = null;
    this.isSure = false;
    this.element.hidden = false;
    this.yes.hidden = true;
    this.list.replaceChildren();
    this.words.textContent = "Reading what would go…";
    const told = await this.ask(`/likeness/runs/removal?${new URLSearchParams({ name })}`);
    if (name !== this.name || this.element.hidden) return;
    if (!told || told.fault) return this.stop(told?.fault);
    this.told = told;
    this.words.textContent = `Delete the run ${name}? ${told.files} files, ${sizeWords(told.bytes)}, go from output/likeness/${name}:`;
    const goes = told.parts.map(({ what, files, bytes }) => make("li", "", `${what}: ${files}, ${sizeWords(bytes)}`));
    const stays = told.stays.map((inside) => make("li", "likeness-runs-stays", `stays, not made by Likeness: ${inside}`));
    this.list.replaceChildren(...goes, ...stays, make("li", "likeness-runs-stays", "stays: its LoRA in models/loras, and your pictures"));
    this.yes.hidden = false;
    this.yes.textContent = "Delete";
    this.no.focus();
  }

  async next() {
    if (!this.isSure) {
      this.isSure = true;
      this.words.textContent = `This cannot be undone. Delete ${this.told.files} files of ${this.name} for good?`;
      this.yes.textContent = `Delete ${sizeWords(this.told.bytes)} for good`;
      this.no.focus();
      return;
    }
    const { name, files, bytes } = this.told;
    this.yes.hidden = true;
    this.words.textContent = `Deleting ${name}…`;
    const done = await this.ask("/likeness/runs/remove", { name, files, bytes });
    if (!done || done.fault) return this.stop(done?.fault);
    this.close();
    this.acts.removed(name);
  }

  stop(why = "The host gave no answer; try again.") {
    this.words.textContent = why;
    this.yes.hidden = true;
    this.no.focus();
  }

  close(isAsked = false) {
    this.element.hidden = true;
    this.name = "";
    if (isAsked) this.acts.closed();
  }
}
