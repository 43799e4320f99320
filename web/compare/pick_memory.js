// @ts-check
/** The widget in which a pick is kept, saved with the workflow: the node's own, or those of the nodes its report goes to. */

import { panelOf } from "../shared/graph_nodes.js";

const WIDGET = "pick";
const THROUGH = "Reroute";

/**
 * `read` and `write` the pick, `write` telling whether there is a place for it; `used` is the one that the node which
 * keeps it last ran with, undefined where that is this node itself; `tell` has the panel at the report's other end say
 * how it stands.
 */
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
      tellSource(node);
      return places.length > 0;
    },
    used: () => (widgetOf(node) ? undefined : panelOf(kept(node)[0]?.of)?.state?.pick),
    tell: () => tellSource(node),
  };
}

/** The panel of the node that a report comes from, through rerouting nodes. */
function tellSource(node) {
  if (!widgetOf(node)) return;
  let source = node;
  do source = originOf(source);
  while (source?.type === THROUGH);
  panelOf(source)?.drawPick?.();
}

function originOf(node) {
  const input = node.inputs?.find(({ name }) => name === "report") ?? node.inputs?.[0];
  const link = linkOf(node.graph, input?.link);
  return link && node.graph.getNodeById(link.origin_id);
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
    const link = linkOf(graph, id);
    const target = link && graph.getNodeById(link.target_id);
    if (!target || seen.has(target)) continue;
    if (target.type === THROUGH) reached(target, seen);
    else seen.add(target);
  }
  return seen;
}

function linkOf(graph, id) {
  if (id === null || id === undefined) return undefined;
  return graph?.getLink?.(id) ?? graph?.links?.get?.(id) ?? graph?.links?.[id];
}
