// @ts-check
/** Models that can be added: what each is for, its terms, its size, where it goes, where it is published, and whether it
 * is here. Nothing is fetched: links open in a tab of their own. */

import { button, make } from "../shared/element.js";

const USE = { any: "free for any use", conditions: "free under conditions", "non-commercial": "non-commercial" };

export class ModelsList {
  /** @param {(path: string) => Promise<any>} ask */
  constructor(ask) {
    this.ask = ask;
    this.models = [];
    this.element = make("div", "likeness-runs-list");
    this.search = make("input", "likeness-runs-search");
    this.search.type = "search";
    this.search.placeholder = "Search models";
    this.search.setAttribute("aria-label", "Search models by name, use or licence");
    this.search.addEventListener("input", () => this.draw());
    this.lacking = make("input");
    this.lacking.type = "checkbox";
    this.lacking.addEventListener("change", () => this.draw());
    const label = make("label", "likeness-runs-lacking");
    label.append(this.lacking, "not here");
    this.again = button("", "Look again", "Looks for all of them in ComfyUI's folders again", () => this.load());
    const bar = make("div", "likeness-runs-bar");
    bar.append(this.search, label, this.again);
    this.count = make("div", "likeness-runs-count");
    this.count.setAttribute("role", "status");
    this.body = make("div", "likeness-runs-body");
    this.element.append(bar, this.count, this.body);
  }

  async load() {
    this.count.textContent = "Looking…";
    const found = (await this.ask("/likeness/models"))?.models;
    if (!found) {
      this.count.textContent = "The host gave no answer; try again.";
      return;
    }
    this.models = found;
    this.draw();
  }

  draw() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.models.filter((model) => this.fits(model, words));
    const here = this.models.filter(({ lacks }) => !lacks).length;
    this.count.textContent = `${here} of ${this.models.length} are here. None is needed; each adds what it says. Links open in a new tab.`;
    const groups = [...new Set(shown.map(({ group }) => group))];
    this.body.replaceChildren(...groups.map((group) => groupOf(group, shown)));
  }

  fits(model, words) {
    if (this.lacking.checked && !model.lacks) return false;
    const said = [model.title, model.group, model.what, model.licence, model.use, model.folder].join(" ").toLowerCase();
    return words.every((word) => said.includes(word));
  }
}

function groupOf(group, models) {
  const made = make("section", "likeness-models-group");
  const own = models.filter((model) => model.group === group);
  made.append(make("h4", "", group), ...own.map(modelOf));
  return made;
}

function modelOf(model) {
  const made = make("article", "likeness-models-row");
  const head = make("div", "likeness-runs-head");
  const state = make("span", "likeness-runs-state", model.lacks ? "not here" : "here");
  state.dataset.state = model.lacks ? "lacking" : "finished";
  head.append(make("strong", "likeness-runs-name", model.title), state);
  const terms = make("div", "likeness-models-terms", `${model.licence} (${USE[model.use]}) · ${model.size}`);
  const place = make("div", "likeness-models-place");
  place.append(make("code", "", model.folder), copyOf(model.folder));
  const links = make("div", "likeness-models-links");
  links.append(linkTo(model.page, "Publisher's page"), ...model.files.map(({ name, link, size }) => linkTo(link, size ? `${name}, ${size}` : name)));
  made.append(head, make("div", "", model.what), terms, place, links);
  if (model.note) made.append(make("div", "likeness-models-terms", model.note));
  if (model.lacks) made.append(lackOf(model.lacks));
  return made;
}

function lackOf(words) {
  const made = make("details", "likeness-models-lack");
  made.append(make("summary", "", "What is missing"), make("div", "", words));
  return made;
}

function linkTo(url, words) {
  const made = make("a", "", words);
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.title = url;
  return made;
}

function copyOf(folder) {
  const copy = button("", "Copy", "Copies where it goes", async () => {
    try {
      await navigator.clipboard.writeText(folder);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Mark it and copy";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  return copy;
}
