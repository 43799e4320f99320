// @ts-check
/** The widget in which a pick is kept, saved with the workflow: the node's own, or those of the nodes its report goes to. */

import { panelOf } from "../shared/graph_nodes.js";

const WIDGET = "pick";
const THROUGH = "Reroute";

export function pickMemory(node) {
  return {
    read: () => String(kept(node)[0]?.widget.value ?? ""),
    write: (label) => {
      const places = kept(node);
      for (const { widget, of } of places) {
        if (widget.value === label) continue;
        widget.value = label;
        widget.callback?.(label);
        of.graph?.setDirtyCanvas(true, true);
        if (of !== node) panelOf(of)?.drawPick?.();
      }
      return places.length > 0;
    },
  };
}

function kept(node) {
  const own = widgetOf(node);
  if (own) return [{ widget: own, of: node }];
  return [...reached(node)].map((of) => ({ widget: widgetOf(of), of })).filter(({ widget }) => widget);
}

function widgetOf(node) {
  return node.widgets?.find(({ name }) => name === WIDGET);
}

/** Nodes wired to any output, through rerouting nodes. */
function reached(node, seen = new Set()) {
  const graph = node.graph;
  for (const id of (node.outputs ?? []).flatMap(({ links }) => links ?? [])) {
    const link = graph?.getLink?.(id) ?? graph?.links?.get?.(id) ?? graph?.links?.[id];
    const target = link && graph.getNodeById(link.target_id);
    if (!target || seen.has(target)) continue;
    if (target.type === THROUGH) reached(target, seen);
    else seen.add(target);
  }
  return seen;
}
