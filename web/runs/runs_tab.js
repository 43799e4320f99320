// @ts-check
/** The sidebar's tab: past runs and one or two of them opened, and models that can be added. */

import { api } from "../../../scripts/api.js";
import { app } from "../../../scripts/app.js";
import { button, make } from "../shared/element.js";
import { readFileLists } from "../shared/file_lists.js";
import { goOn, useLora } from "./graph_ways.js";
import { ModelsList } from "./models_list.js";
import { RunDetail } from "./run_detail.js";
import { RunDiff } from "./run_diff.js";
import { RunList } from "./run_list.js";

export class RunsTab {
  /** @param {(view: Record<string, string>) => string} urlOf */
  constructor(urlOf) {
    const pictureOf = (run) => api.apiURL(`/likeness/runs/picture?${new URLSearchParams({ name: run.name, at: String(run.step) })}`);
    this.list = new RunList(ask, { open: (name) => this.open(name), compare: (first, second) => this.compare(first, second), pictureOf });
    this.detail = new RunDetail(api, ask, urlOf, {
      back: () => this.look("runs"),
      removed: (name) => this.removed(name),
      goOn: (name) => this.goOn(name),
      use: async (lora) => say(await useLora(lora)),
    });
    this.diff = new RunDiff(ask, () => this.look("runs"));
    this.models = new ModelsList(ask);
    this.element = make("div", "likeness-runs");
    this.views = new Map([
      ["runs", button("", "Runs", "Everything that was trained here", () => this.look("runs"))],
      ["models", button("", "Models", "What can be added: links, sizes, licences, places", () => this.look("models"))],
    ]);
    const bar = make("div", "likeness-runs-tabs");
    bar.append(...this.views.values());
    this.place = make("div", "likeness-runs-place");
    this.element.append(bar, this.place);
    // The graph would take the keys as its own.
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** For the host to show where its sidebar has tabs. */
  register() {
    app.extensionManager?.registerSidebarTab?.({
      id: "likeness",
      icon: "pi pi-history",
      title: "Likeness",
      tooltip: "Likeness: past runs, and models that can be added",
      type: "custom",
      render: (place) => this.mount(place),
    });
  }

  listen() {
    api.addEventListener("likeness.train", ({ detail }) => this.live(detail ?? {}));
    api.addEventListener("executed", ({ detail }) => {
      for (const { run } of detail?.output?.likeness ?? []) if (run) this.ended(run);
    });
    for (const event of ["execution_error", "execution_interrupted"]) {
      api.addEventListener(event, () => this.list.running.forEach((name) => this.ended(name)));
    }
  }

  mount(place) {
    // As high as the sidebar: the lists scroll, and what is above them stays.
    place.style.height = "100%";
    place.replaceChildren(this.element);
    this.look(this.view ?? "runs");
  }

  look(view) {
    this.view = view;
    this.detail.name = "";
    for (const [name, shown] of this.views) shown.setAttribute("aria-pressed", String(name === view));
    const shown = view === "models" ? this.models : this.list;
    this.place.replaceChildren(shown.element);
    return shown.load();
  }

  async open(name) {
    this.place.replaceChildren(this.detail.element);
    this.detail.back.focus();
    await this.detail.open(name);
  }

  async compare(first, second) {
    this.place.replaceChildren(this.diff.element);
    this.diff.back.focus();
    await this.diff.open(first, second);
  }

  live(state) {
    if (!state.run || !this.element.isConnected) return;
    this.list.live(state);
    this.detail.live(state);
  }

  /** A run that was at work is no more. */
  async ended(name) {
    if (!this.element.isConnected) return;
    await this.list.refresh(name);
    if (this.detail.name === name) await this.detail.open(name);
  }

  removed(name) {
    this.list.forget(name);
    say(`The run ${name} is deleted.`);
    readFileLists();
    return this.look("runs");
  }

  async goOn(name) {
    const told = await ask(`/likeness/runs/go_on?${new URLSearchParams({ name })}`);
    say(!told || told.fault ? (told?.fault ?? "The host gave no answer; try again.") : await goOn(told), Boolean(!told || told.fault));
  }
}

/** JSON from the host, null where it gives none; with a question it is asked to do something. */
async function ask(path, question = undefined) {
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) };
  try {
    const answer = await api.fetchApi(path, question === undefined ? { cache: "no-store" } : asked);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function say(words, isFault = false) {
  app.extensionManager?.toast?.add({ severity: isFault ? "warn" : "info", summary: "Likeness", detail: words, life: 9000 });
}
