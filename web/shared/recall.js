// @ts-check
/** Finds in the host's history what the nodes in sight made before this page was loaded. */

import { app } from "../../../scripts/app.js";
import { CANCELLED, fault } from "./messages.js";
import { rootGraph } from "./graph_nodes.js";
import { json } from "./prompt_owner.js";

const MOST_PROMPTS = 12;
const DECIDED = ["review", "pick"];

/**
 * Outcomes by node number, of `kinds` (class by number): the newest that this very graph, with the settings it has
 * now, has led to. What would come out otherwise today is no outcome of it.
 */
export async function recalled(api, kinds) {
  const found = new Map();
  const graph = rootGraph()?.id;
  if (!graph || !kinds.size) return found;
  const history = Object.values(await json(api, `/history?max_items=${MOST_PROMPTS}`)).reverse();
  const own = history.filter(({ prompt }) => prompt?.[3]?.extra_pnginfo?.workflow?.id === graph);
  if (!own.length) return found;
  const { output: now } = await app.graphToPrompt();
  for (const entry of own) {
    const isSame = comparison(entry.prompt[2], now);
    for (const [id, kind] of kinds) {
      const part = partOf(entry, id);
      if (part && !found.has(id) && isSame(id)) found.set(id, { kind, ...part });
    }
  }
  return found;
}

function partOf({ outputs, status }, id) {
  const output = outputs?.[id];
  if (output) return { output };
  for (const [event, detail] of status?.messages ?? []) {
    if (String(detail?.node_id) !== id) continue;
    if (event === "execution_error") return fault(detail.exception_message);
    if (event === "execution_interrupted") return fault(CANCELLED);
  }
  return null;
}

/**
 * Whether a node does the same in both prompts: its class, its settings and all that leads to it. What the user decided
 * on the node itself may differ: its panel says so.
 */
export function comparison(one, other) {
  const known = new Map();
  const isFed = (id) => {
    if (!known.has(id)) {
      known.set(id, false);
      known.set(id, isAlike(one?.[id], other?.[id], [], isFed));
    }
    return known.get(id);
  };
  return (id) => isAlike(one?.[id], other?.[id], DECIDED, isFed);
}

function isAlike(one, other, besides, isFed) {
  if (!one || !other || one.class_type !== other.class_type) return false;
  const names = new Set([...Object.keys(one.inputs), ...Object.keys(other.inputs)]);
  return [...names].every((name) => {
    const [a, b] = [one.inputs[name], other.inputs[name]];
    return besides.includes(name) || (JSON.stringify(a) === JSON.stringify(b) && (!isLink(a) || isFed(String(a[0]))));
  });
}

function isLink(value) {
  return Array.isArray(value) && value.length === 2 && typeof value[1] === "number";
}
