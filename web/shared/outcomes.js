// @ts-check
/** What the nodes of each open workflow have said, to be shown again when a tab, an undo or a reload makes them anew. */

export class Outcomes {
  constructor() {
    this.byWorkflow = new WeakMap();
  }

  /** @returns {Map<string, { kind: string, output?: any, live?: any, said?: string, isFault?: boolean }>} */
  of(workflow) {
    if (!this.byWorkflow.has(workflow)) this.byWorkflow.set(workflow, new Map());
    return this.byWorkflow.get(workflow);
  }

  /** One node's outcome, with a part of it changed. */
  change(workflow, id, kind, part) {
    const outcomes = this.of(workflow);
    const known = outcomes.get(id);
    const outcome = { ...(known?.kind === kind ? known : {}), kind, ...part };
    outcomes.set(id, outcome);
    return outcome;
  }
}

/** Shows an outcome on the panel of a node of that kind, first what was made, then what came after. */
export function show(panel, { output, live, said, isFault }) {
  if (output) panel.executed(output);
  if (live) panel.show(live);
  if (said) panel.say(said, isFault);
}
