// @ts-check
/** Finds nodes of the graph in sight by the names that the host gives them, and the panels they wear. */

import { app } from "../../../scripts/app.js";

const panels = new WeakMap();

export function wear(node, panel) {
  panels.set(node, panel);
}

/** @returns {any} the panel of a node, undefined when it has none */
export function panelOf(node) {
  return node ? panels.get(node) : undefined;
}

/** Inside subgraphs the host names a node by its path: "1:2:3". */
export function nodeOfExecution(id) {
  let graph = rootGraph();
  let node = null;
  for (const part of String(id).split(":")) {
    node = graph?.getNodeById(Number(part)) ?? graph?.getNodeById(part) ?? null;
    graph = node?.subgraph;
  }
  return node;
}

/** Every node with a panel, subgraphs included, by the name the host runs it by. */
export function panelled(graph = rootGraph(), path = "") {
  const found = new Map();
  for (const node of graph?.nodes ?? []) {
    if (panels.has(node)) found.set(`${path}${node.id}`, node);
    if (node.subgraph) for (const [id, inner] of panelled(node.subgraph, `${path}${node.id}:`)) found.set(id, inner);
  }
  return found;
}

export function rootGraph() {
  return app.rootGraph ?? app.graph;
}

/** The workflow whose tab is in front. One object as long as it is open, however often it is renamed or undone. */
export function activeWorkflow() {
  return app.extensionManager?.workflow?.activeWorkflow ?? NO_TABS;
}

const NO_TABS = {};

/** The open workflow of that id; null when there is none. Of two with one id the one in front. */
export function openWorkflow(id) {
  const { activeWorkflow: front, openWorkflows = [] } = app.extensionManager?.workflow ?? {};
  if (!front) return rootGraph()?.id === id ? NO_TABS : null;
  if (rootGraph()?.id === id) return front;
  return openWorkflows.find((workflow) => workflow.activeState?.id === id) ?? null;
}
