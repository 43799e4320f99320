// @ts-check
/** Ways from a past run into the graph: its workflow opened, or the nodes that go on with it or use its LoRA. */

import { api } from "../../../scripts/api.js";
import { app } from "../../../scripts/app.js";
import { showKeptRun } from "../run/kept_run.js";
import { readFileLists } from "../shared/file_lists.js";
import { panelOf, rootGraph } from "../shared/graph_nodes.js";

const GAP = 60;
const QUEUE = "Queue it: the run goes on where it stopped, and answers at once where it has finished.";
const PASTED = "what is pasted below";

/** @param {any} told the host's answer: a workflow, or a recipe and what else the run needs; what to do next, in words */
export async function goOn(told) {
  if (told.workflow) {
    await app.loadGraphData(told.workflow, true, true, told.name);
    return `The workflow of ${told.name} is open. ${QUEUE}`;
  }
  const recipe = place("LikenessImportRecipe", { file: PASTED, text: told.recipe });
  const train = place("LikenessTrainCharacterLora", { name: told.name });
  if (!recipe || !train) return "The nodes cannot be made; reload the page.";
  train.pos = [recipe.pos[0] + recipe.size[0] + GAP, recipe.pos[1]];
  recipe.connect(0, train, train.inputs.findIndex(({ name }) => name === "recipe"));
  const needs = `its ${told.pictures} pictures with the trigger ${told.trigger}, and the base ${told.base}`;
  app.canvas.centerOnNode?.(train);
  if (panelOf(train)) await showKeptRun(api, train, panelOf(train)).catch(() => undefined);
  return `Wire in what the run was trained on: ${needs}. ${QUEUE}`;
}

/** @param {string} lora as LoraLoader lists it */
export async function useLora(lora) {
  await readFileLists();
  return place("LikenessApplyCharacterLora", { lora_name: lora })
    ? `Apply character LoRA holds ${lora}; wire in model and clip.`
    : "The node cannot be made; reload the page.";
}

/** A new node with these values, below all others, and in sight. */
function place(type, values) {
  const graph = app.canvas?.graph ?? rootGraph();
  const node = /** @type {any} */ (window).LiteGraph?.createNode(type);
  if (!node || !graph) return null;
  const others = [...graph.nodes];
  graph.add(node);
  const left = Math.min(...others.map(({ pos }) => pos[0]), Infinity);
  const bottom = Math.max(...others.map(({ pos, size }) => pos[1] + size[1]), -Infinity);
  node.pos = others.length ? [left, bottom + 2 * GAP] : [0, 0];
  for (const [name, value] of Object.entries(values)) {
    const widget = node.widgets?.find((each) => each.name === name);
    if (!widget) continue;
    widget.value = value;
    widget.callback?.(value);
  }
  app.canvas.selectNode?.(node);
  app.canvas.centerOnNode?.(node);
  graph.setDirtyCanvas(true, true);
  return node;
}
