// @ts-check
/** Hands what the host tells of a node to its panel: only that of the workflow in front, to a node of that kind. */

import { activeWorkflow, nodeOfExecution, panelOf, panelled } from "./graph_nodes.js";
import { show } from "./outcomes.js";

const WAITS = "Queued again; goes on when its turn comes.";
const WORKS = "At work…";
const NOTHING = "Did not run: what leads to it gave nothing.";
export const CANCELLED = "Cancelled. Run starts it again.";
const OURS = "Likeness";

export class Messages {
  /**
   * @param {any} api
   * @param {import("./prompt_owner.js").PromptOwner} owner
   * @param {import("./outcomes.js").Outcomes} outcomes
   * @param {(output: any) => void} made told of every output of our nodes, whichever workflow made it
   */
  constructor(api, owner, outcomes, made) {
    this.api = api;
    this.owner = owner;
    this.outcomes = outcomes;
    this.made = made;
    this.isHeld = false;
    this.begun = new Map();
  }

  listen() {
    for (const event of ["likeness.train", "likeness.note"]) {
      this.on(event, (detail) => this.told(detail.prompt, detail.node, { live: detail, said: "" }));
    }
    this.on("likeness.stopped", ({ prompt, node, text }) => this.told(prompt, node, { said: text, isFault: true }));
    // What a loop unrolls into has ids of its own; the host tells of which node it is.
    this.on("executed", ({ prompt_id: prompt, node, display_node: shown, output }) =>
      this.told(prompt, shown ?? node, made(output)),
    );
    this.on("progress_state", ({ prompt_id: prompt, nodes }) => this.moved(prompt, Object.values(nodes ?? {})));
    this.on("execution_start", ({ prompt_id: prompt }) => this.started(prompt));
    this.on("execution_interrupted", ({ prompt_id: prompt, node_id: node }) => this.interrupted(prompt, node));
    this.on("execution_error", (detail) => this.told(detail.prompt_id, detail.node_id, fault(detail.exception_message)));
  }

  on(event, hear) {
    this.api.addEventListener(event, ({ detail }) => hear(detail ?? {}));
  }

  told(prompt, node, part) {
    const id = String(node);
    return this.owner.withOwner(prompt, ({ workflow, kinds }) => {
      const kind = kinds.get(id);
      if (!kind?.startsWith(OURS)) return;
      const outcome = this.outcomes.change(workflow, id, kind, part);
      this.begun.set(id, "told");
      if (part.output) this.made(part.output);
      if (this.isInFront(workflow)) this.showOn(id, kind, part.live || part.said ? part : outcome);
    });
  }

  /** A node that has shown nothing yet says that it is at work; what it showed before stays until there is more. */
  moved(prompt, nodes) {
    return this.owner.withOwner(prompt, ({ workflow, kinds }) => {
      for (const { node_id: node, display_node_id: shown, state } of nodes) {
        const id = String(shown ?? node);
        const [words, known] = [state === "running" ? WORKS : NOTHING, this.begun.get(id)];
        if (known === "told" || known === words || (!known && state !== "running")) continue;
        this.begun.set(id, words);
        const { output, live } = this.outcomes.of(workflow).get(id) ?? {};
        if (!output && !live && this.isInFront(workflow)) panelFor(id, kinds.get(id))?.say(words, false);
      }
    });
  }

  /** A node that stopped has said so already, unless it was stopped before it could. */
  interrupted(prompt, node) {
    return this.owner.withOwner(prompt, ({ workflow }) => {
      if (!this.outcomes.of(workflow).get(String(node))?.said) this.told(prompt, node, fault(CANCELLED));
    });
  }

  /** What stopped earlier waits for its turn again. */
  started(prompt) {
    return this.owner.withOwner(prompt, ({ workflow, kinds }) => {
      this.begun.clear();
      for (const [id, { kind, said }] of this.outcomes.of(workflow)) {
        if (!said || kinds.get(id) !== kind) continue;
        this.outcomes.change(workflow, id, kind, { live: null, said: "" });
        if (this.isInFront(workflow)) panelFor(id, kind)?.say(WAITS, false);
      }
    });
  }

  isInFront(workflow) {
    return !this.isHeld && workflow === activeWorkflow();
  }

  showOn(id, kind, part) {
    const panel = panelFor(id, kind);
    if (panel) show(panel, part);
  }

  /** Shows on the panels in sight what their workflow's nodes have said so far. */
  showAgain() {
    const outcomes = this.outcomes.of(activeWorkflow());
    for (const [id, node] of panelled()) {
      const outcome = outcomes.get(id);
      if (outcome?.kind === node.comfyClass) show(panelOf(node), outcome);
    }
  }
}

/** The panel of a node in sight, when it is of that kind. */
function panelFor(id, kind) {
  const node = nodeOfExecution(id);
  return node?.comfyClass === kind ? panelOf(node) : undefined;
}

/** The host tells of no output when a node was answered from its cache and had none to keep. */
function made(output) {
  return { ...(output ? { output } : {}), live: null, said: "" };
}

export function fault(words) {
  return { said: String(words ?? "").trim(), isFault: true };
}
