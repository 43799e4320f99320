// @ts-check
/** One past run opened: how it stands, what can be done with it, its curves and samples, its comparison, what it was
 * made of, and its plan. */

import { PlanPanel } from "../plan/plan_panel.js";
import { RunPanel } from "../run/run_panel.js";
import { button, make } from "../shared/element.js";
import { RunRemoval } from "./run_removal.js";
import { runFacts, titled } from "./words.js";

export class RunDetail {
  /**
   * @param {any} api the host's
   * @param {(path: string, question?: any) => Promise<any>} ask
   * @param {(view: Record<string, string>) => string} urlOf
   * @param {{ back: () => void, removed: (name: string) => void, goOn: (name: string) => void, use: (lora: string) => void }} acts
   */
  constructor(api, ask, urlOf, acts) {
    Object.assign(this, { api, ask, urlOf, acts });
    this.name = "";
    this.run = null;
    this.element = make("div", "likeness-runs-detail");
    this.title = make("h3", "likeness-runs-title");
    this.facts = make("div", "likeness-runs-facts");
    this.goOn = button("", "Go on", "", () => acts.goOn(this.name));
    this.use = button("", "Use the LoRA", "", () => acts.use(this.run.loras[0]));
    this.remove = button("likeness-runs-danger", "Delete…", "Shows what would go with it, before anything goes", () =>
      this.removal.open(this.name),
    );
    this.removal = new RunRemoval(ask, {
      removed: acts.removed,
      closed: () => this.remove.focus(),
    });
    this.bar = make("div", "likeness-runs-bar");
    this.bar.append(this.goOn, this.use, make("span", "likeness-gap"), this.remove);
    this.body = make("div", "likeness-runs-body");
    const head = make("div", "likeness-runs-head");
    this.back = button("", "‹ Runs", "Back to the list", () => acts.back());
    head.append(this.back, this.title);
    this.element.append(head, this.facts, this.bar, this.removal.element, this.body);
  }

  async open(name) {
    this.name = name;
    this.title.textContent = name;
    this.facts.textContent = "Reading…";
    this.removal.close();
    this.panel = new RunPanel(this.urlOf, this.api);
    this.body.replaceChildren();
    this.allow(null);
    const told = await this.ask(`/likeness/runs/one?${new URLSearchParams({ name })}`);
    if (name !== this.name) return;
    if (!told || told.fault) {
      this.facts.textContent = told?.fault ?? "The host gave no answer; try again.";
      this.remove.disabled = !told;
      return;
    }
    this.allow(told.run);
    this.body.replaceChildren(this.panel.element, ...this.parts(told));
    const state = await this.ask(`/likeness/run?${new URLSearchParams({ name })}`);
    if (name !== this.name) return;
    if (state?.status) this.panel.show(state);
    else if (!this.panel.state) this.panel.say(told.run.state === "running" ? "Getting ready" : "It ended before its first update.", false);
  }

  /** What can be done, and why something cannot. */
  allow(run) {
    this.run = run;
    this.facts.textContent = run ? [run.state, ...runFacts(run)].join(" · ") : this.facts.textContent;
    const isRunning = run?.state === "running";
    this.goOn.disabled = !run || isRunning;
    this.goOn.textContent = run?.state === "finished" ? "Into the graph" : "Go on";
    this.goOn.title = isRunning
      ? "It is at work now"
      : run?.has_workflow
        ? "Opens the workflow that it was trained by, in a tab of its own"
        : "Puts Train character LoRA with this name and recipe into the graph; its dataset and base are to be wired in";
    this.use.disabled = !run?.loras?.length;
    this.use.title = run?.loras?.length
      ? `Puts Apply character LoRA with ${run.loras[0]} into the graph`
      : "Its LoRA is not in models/loras/likeness: queue its training again, which answers at once and puts it there";
    this.remove.disabled = !run || isRunning;
    // What stands still needs no holding.
    this.panel.pause.hidden = !isRunning;
  }

  parts({ made_of: madeOf, settings, report }) {
    const plan = make("details", "likeness-runs-part");
    plan.append(make("summary", "", "Plan"));
    plan.addEventListener("toggle", () => plan.open && this.plan(plan), { once: true });
    const usual = settings.length ? rows(settings) : make("div", "", "Every setting is the default.");
    return [
      ...(report ? [part("Comparison", this.picture(report), true)] : []),
      part("What it is", rows(madeOf), true),
      part(`Settings that are not the default (${settings.length})`, usual, false),
      plan,
    ];
  }

  picture(view) {
    const link = make("a", "likeness-runs-report");
    link.href = this.urlOf(view);
    link.target = "_blank";
    link.rel = "noopener";
    link.title = "Opens the comparison in a tab of its own";
    const image = make("img");
    image.loading = "lazy";
    image.src = link.href;
    image.alt = `Comparison of the checkpoints of ${this.name}`;
    link.append(image);
    return link;
  }

  async plan(box) {
    const [name, panel] = [this.name, new PlanPanel()];
    panel.say("Planning…", false);
    box.append(panel.element);
    const told = await this.ask(`/likeness/runs/plan?${new URLSearchParams({ name })}`);
    if (name !== this.name) return;
    if (told?.plan) panel.show(told.plan);
    else panel.say(told?.fault ?? "The host gave no answer; try again.", true);
  }

  /** What a running run tells of itself. */
  live(state) {
    if (state.run !== this.name) return;
    this.panel.show(state);
    if (this.run) this.allow({ ...this.run, state: "running", step: state.step, steps: state.steps, at: Date.now() / 1000 });
  }
}

function part(title, content, isOpen) {
  const made = make("details", "likeness-runs-part");
  made.open = isOpen;
  made.append(make("summary", "", title), content);
  return made;
}

/** Name and value in two columns. */
function rows(pairs) {
  const table = make("table", "likeness-runs-table");
  for (const [name, value] of pairs) {
    const row = make("tr");
    const head = make("th", "", titled(name));
    head.scope = "row";
    row.append(head, make("td", "", value));
    table.append(row);
  }
  return table;
}
