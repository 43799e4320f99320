// @ts-check
/** The widget in which a pick is kept, saved with the workflow: the node's own, or those of the nodes its report goes to. */

import { panelOf, rootGraph } from "../shared/graph_nodes.js";

const WIDGET = "pick";
const THROUGH = "Reroute";
// The two ends of a subgraph are nodes of no list, by these numbers.
const INNER_START = "-10";
const INNER_END = "-20";

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

/** The panel of the node that a report comes from, through rerouting nodes and the borders of subgraphs. */
function tellSource(node) {
  if (!widgetOf(node)) return;
  for (const source of origins(node, node.inputs?.find(({ name }) => name === "report") ?? node.inputs?.[0])) {
    panelOf(source)?.drawPick?.();
  }
}

/** Nodes whose output leads to an input: several where a subgraph stands in several places. */
function origins(node, input, seen = new Set()) {
  const link = linkOf(node.graph, input?.link);
  if (!link || seen.has(link)) return [];
  seen.add(link);
  if (String(link.origin_id) === INNER_START) {
    return hostsOf(node.graph).flatMap((host) => origins(host, host.inputs?.[link.origin_slot], seen));
  }
  const source = node.graph.getNodeById(link.origin_id);
  if (source?.subgraph) {
    const [inner] = source.subgraph.outputs[link.origin_slot]?.linkIds ?? [];
    return origins({ graph: source.subgraph }, { link: inner }, seen);
  }
  if (source?.type === THROUGH) return origins(source, source.inputs?.[0], seen);
  return source ? [source] : [];
}

function kept(node) {
  const own = widgetOf(node);
  if (own) return [{ widget: own, of: node }];
  const links = (node.outputs ?? []).flatMap((output) => output.links ?? []);
  return [...reached(node.graph, links)].map((of) => ({ widget: widgetOf(of), of })).filter(({ widget }) => widget);
}

function widgetOf(node) {
  return node.widgets?.find(({ name }) => name === WIDGET);
}

/** Nodes that links of a graph lead to, through rerouting nodes and the borders of subgraphs. */
function reached(graph, links, seen = new Set(), found = new Set()) {
  for (const link of links.map((id) => linkOf(graph, id))) {
    if (!link || seen.has(link)) continue;
    seen.add(link);
    if (String(link.target_id) === INNER_END) {
      for (const host of hostsOf(graph)) reached(host.graph, host.outputs?.[link.target_slot]?.links ?? [], seen, found);
      continue;
    }
    const target = graph.getNodeById(link.target_id);
    if (target?.subgraph) reached(target.subgraph, target.subgraph.inputs[link.target_slot]?.linkIds ?? [], seen, found);
    else if (target?.type === THROUGH) reached(graph, target.outputs?.[0]?.links ?? [], seen, found);
    else if (target) found.add(target);
  }
  return found;
}

/** The nodes that stand for a subgraph, in whatever graph. */
function hostsOf(subgraph, graph = rootGraph()) {
  return (graph?.nodes ?? []).flatMap((node) => {
    if (!node.subgraph) return [];
    return node.subgraph === subgraph ? [node] : hostsOf(subgraph, node.subgraph);
  });
}

function linkOf(graph, id) {
  if (id === null || id === undefined) return undefined;
  return graph?.getLink?.(id) ?? graph?.links?.get?.(id) ?? graph?.links?.[id];
}
