// @ts-check
/** The Vue renderer may keep a box for the node that had this number before, with that node's panel in it. */

import { app } from "../../../scripts/app.js";
import { panelOf, panelled } from "./graph_nodes.js";

const MARK = "likenessPanel";

export function mark(panel) {
  panel.element.dataset[MARK] = "";
}

/** Puts the panels of the graph in sight in the place of those of nodes that are gone. */
export function mountAnew() {
  for (const node of panelled().values()) {
    const { element } = panelOf(node);
    if (element.isConnected || (app.canvas && node.graph !== app.canvas.graph)) continue;
    document.querySelector(`[data-node-id="${CSS.escape(node.id)}"] [data-likeness-panel]`)?.replaceWith(element);
  }
}
