// @ts-check
/** Ways from a past run into the graph: its workflow opened, or the nodes that go on with it or use its LoRA. */

import { app } from "../../../scripts/app.js";
import { rootGraph } from "../shared/graph_nodes.js";

const GAP = 60;
const PASTED = "what is pasted below";

/** @param {any} told the host's answer: a workflow, or a recipe and what else the run needs; what to do next, in words */
export async function goOn(told) {
  if (told.workflow) {
    await app.loadGraphData(told.workflow, true, true, told.name);
    return `The workflow of ${told.name} is open; queue it, and the run goes on where it stopped.`;
  }
  const recipe = place("LikenessImportRecipe", { file: PASTED, text: told.recipe });
  const train = place("LikenessTrainCharacterLora", { name: told.name });
  if (!recipe || !train) return "The nodes cannot be made; reload the page.";
  train.pos = [recipe.pos[0] + recipe.size[0] + GAP, recipe.pos[1]];
  recipe.connect(0, train, train.inputs.findIndex(({ name }) => name === "recipe"));
  const needs = `its ${told.pictures} pictures with the trigger ${told.trigger}, and the base ${told.base}`;
  return `Wire in what the run was trained on: ${needs}. Queue, and it goes on where it stopped.`;
}

/** @param {string} lora as LoraLoader lists it */
export async function useLora(lora) {
  await app.refreshComboInNodes();
  return place("LikenessApplyCharacterLora", { lora_name: lora })
    ? `Apply character LoRA holds ${lora}; wire in model and clip.`
    : "The node cannot be made; reload the page.";
}

/** A new node in the middle of what is in sight, chosen and with these values. */
function place(type, values) {
  const graph = app.canvas?.graph ?? rootGraph();
  const node = /** @type {any} */ (window).LiteGraph?.createNode(type);
  if (!node || !graph) return null;
  graph.add(node);
  const [left, top, wide, high] = app.canvas.visible_area ?? [0, 0, 0, 0];
  node.pos = [left + wide / 2 - node.size[0] / 2, top + high / 2 - node.size[1] / 2];
  for (const [name, value] of Object.entries(values)) {
    const widget = node.widgets?.find((each) => each.name === name);
    if (!widget) continue;
    widget.value = value;
    widget.callback?.(value);
  }
  app.canvas.selectNode?.(node);
  graph.setDirtyCanvas(true, true);
  return node;
}
