// @ts-check
/** What would be handed to whoever helps: shown file by file before it is saved. */

import { button, make } from "../shared/element.js";

const PARTS = [
  ["names", "names of picture files"],
  ["captions", "captions, prompts and trigger"],
];

export class BundleBox {
  /** @param {any} api the host's */
  constructor(api) {
    this.api = api;
    this.element = make("div", "likeness-bundle");
    this.element.hidden = true;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Diagnostic bundle");
    this.head = make("div", "likeness-bundle-head");
    this.list = make("div", "likeness-bundle-files");
    this.list.dataset.captureWheel = "true";
    this.text = make("pre", "likeness-bundle-text");
    this.text.dataset.captureWheel = "true";
    this.text.tabIndex = 0;
    this.boxes = new Map(PARTS.map(([name, words]) => [name, this.box(words)]));
    this.save = button("", "Save zip", "Downloads what is shown here as one zip", () => this.download());
    const close = button("", "Close", "Nothing is saved", () => this.close());
    const bar = make("div", "likeness-bundle-bar");
    bar.append(make("span", "", "also"), ...[...this.boxes.values()].map(({ label }) => label), this.save, close);
    this.element.append(this.head, this.list, this.text, bar);
    this.element.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  box(words) {
    const label = make("label");
    const input = make("input");
    input.type = "checkbox";
    input.addEventListener("change", () => this.load());
    label.append(input, make("span", "", words));
    return { label, input };
  }

  async open(run, from) {
    this.run = run;
    this.from = from;
    this.element.hidden = false;
    await this.load();
    this.save.focus();
  }

  close() {
    this.element.hidden = true;
    this.from?.focus();
  }

  get asked() {
    const asked = new URLSearchParams({ name: this.run });
    for (const [name, { input }] of this.boxes) if (input.checked) asked.set(name, "1");
    return asked;
  }

  async load() {
    this.head.textContent = `Reading run ${this.run}…`;
    this.save.disabled = true;
    const asked = String(this.asked);
    const told = await this.ask(asked);
    if (asked !== String(this.asked)) return;
    const files = told.files ?? [];
    this.save.disabled = !files.length;
    const isPlain = [...this.boxes.values()].every(({ input }) => !input.checked);
    const lacks = isPlain ? "No picture, path or name of yours is in it." : "No picture and no path of yours is in it; what you ticked is.";
    this.head.textContent = told.fault ?? `Run ${this.run}: this is all that would be saved. ${lacks}`;
    this.list.replaceChildren(...files.map((file) => this.line(file)));
    this.show(files[0]);
  }

  async ask(asked) {
    try {
      return await (await this.api.fetchApi(`/likeness/bundle?${asked}`, { cache: "no-store" })).json();
    } catch {
      return { fault: "The host gave no answer; try again." };
    }
  }

  line(file) {
    const size = file.bytes >= 1000 ? `${(file.bytes / 1000).toFixed(1)} kB` : `${file.bytes} B`;
    return button("", `${file.name} · ${size}`, file.what, () => this.show(file));
  }

  show(file) {
    this.text.textContent = file ? file.text + (file.is_cut ? "\n…" : "") : "";
    this.text.scrollTop = 0;
  }

  download() {
    const link = make("a");
    link.href = this.api.apiURL(`/likeness/bundle.zip?${this.asked}`);
    link.download = "";
    link.click();
    this.close();
  }
}
