// @ts-check
/** Fills panels that a tab, an undo, a reload or a reopened workflow made anew. */

import { app } from "../../../scripts/app.js";
import { showKeptRun } from "../run/kept_run.js";
import { CANCELLED } from "./messages.js";
import { activeWorkflow, panelOf, panelled } from "./graph_nodes.js";
import { recalled } from "./recall.js";

const GIVEN_UP = 20_000;
const TRAIN = "LikenessTrainCharacterLora";

export class Restoring {
  /**
   * @param {any} api
   * @param {import("./messages.js").Messages} messages
   */
  constructor(api, messages) {
    this.api = api;
    this.messages = messages;
    this.asked = new WeakSet();
  }

  /** The host opens a workflow once its nodes are made and its tab is in front; an undo does so too. */
  listen() {
    app.extensionManager?.workflow?.$onAction?.(({ name, after }) => {
      if (name === "openWorkflow") after(() => this.restore());
    });
  }

  /** From here on nodes are made whose workflow is not in front yet: what comes meanwhile is shown once it is. */
  begin() {
    this.messages.isHeld = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.restore(), GIVEN_UP);
  }

  async restore() {
    clearTimeout(this.timer);
    this.messages.isHeld = false;
    const workflow = activeWorkflow();
    this.messages.showAgain();
    if (!this.asked.has(workflow)) {
      this.asked.add(workflow);
      await this.recall(workflow);
    }
    if (workflow === activeWorkflow()) await this.showKeptRuns();
  }

  /** What this page has heard itself is newer than anything in the history. */
  async recall(workflow) {
    const known = this.messages.outcomes.of(workflow);
    const kinds = new Map([...panelled()].map(([id, node]) => [id, node.comfyClass]));
    const found = await recalled(this.api, kinds).catch(() => new Map());
    for (const [id, { kind, ...part }] of found) {
      if (known.has(id)) continue;
      this.messages.outcomes.change(workflow, id, kind, part);
      if (this.messages.isInFront(workflow)) this.messages.showOn(id, kind, part);
    }
  }

  /** A run's folder tells more of a run that stopped than the history does; why it failed is told over it. */
  async showKeptRuns() {
    const known = this.messages.outcomes.of(activeWorkflow());
    for (const [id, node] of panelled()) {
      const { output, live, said } = known.get(id) ?? {};
      if (node.comfyClass !== TRAIN || output || live) continue;
      const panel = panelOf(node);
      await showKeptRun(this.api, node, panel).catch(() => undefined);
      if (said && said !== CANCELLED) panel.say(said, true);
    }
  }
}
