// @ts-check
/** Lists whose first option leaves it to the base model show what that is: what its file predicts, and its preset. */

import { api } from "../../../scripts/api.js";
import { ShownWidget } from "./shown_widget.js";

const PATH = "/likeness/base";
const CHOOSE = "LikenessChooseBaseModel";
const DEMO = "LikenessDemoBaseModel";
const FOLLOWING = new Set(["LikenessTrainCharacterLora", "LikenessPlanRun"]);

/** @type {{ file: string, fitting: string, demo: string } | null} */
let words = null;
/** What the host said of each model; undefined while it is asked. */
const said = new Map();
/** Everybody who shows something of a base. */
const readers = new Set();

/** Ask once, before the first workflow is opened. */
export async function loadBaseWords() {
  try {
    const answer = await api.fetchApi(PATH);
    if (answer.ok) words = await answer.json();
  } catch (fault) {
    console.warn("Likeness: what a base's file says is not shown, as the host did not answer.", fault);
  }
}

/** Takes a new node over, where it has such a list. */
export function showBaseWords(node) {
  if (!words) return;
  const name = node.comfyClass === CHOOSE ? "predicts" : FOLLOWING.has(node.comfyClass) ? "preset" : "";
  const widget = node.widgets?.find((each) => each.name === name);
  if (!widget) return;
  const shown = new ShownWidget(node, widget, name === "predicts" ? words.file : words.fitting);
  shown.plain = shown.unset;
  const read = () => {
    if (name === "predicts") showPrediction(node, shown);
    else showPreset(node, shown);
    node.setDirtyCanvas?.(true, true);
  };
  readers.add(read);
  after(node, "onConfigure", readAll);
  after(node, "onConnectionsChange", () => setTimeout(read));
  after(node, "onRemoved", () => readers.delete(read));
  for (const each of node.widgets) after(each, "callback", readAll);
  read();
}

/** A base is read by its own node and by those that are wired to it. */
function readAll() {
  for (const read of readers) read();
}

function showPrediction(node, shown) {
  const model = node.widgets.find(({ name }) => name === "model")?.value;
  shown.show(wordsOf(model)?.predicts, shown.isLeft ? "from the file" : "", true);
}

function showPreset(node, shown) {
  const recipe = node.inputs?.find(({ name }) => name === "recipe");
  const base = node.graph ? node.getInputNode(node.inputs.findIndex(({ name }) => name === "base")) : null;
  const model = base?.comfyClass === CHOOSE ? base.widgets?.find(({ name }) => name === "model")?.value : undefined;
  const preset = base?.comfyClass === DEMO ? words.demo : wordsOf(model)?.preset;
  const isWired = recipe?.link != null;
  if (!shown.isLeft) shown.show(undefined, isWired ? "not used" : "", true);
  else if (isWired) shown.show("the wired recipe", "", true);
  else shown.show(preset, "fits the base", true);
}

function wordsOf(model) {
  if (!model) return undefined;
  if (!said.has(model)) ask(model);
  return said.get(model);
}

async function ask(model) {
  said.set(model, undefined);
  try {
    const answer = await api.fetchApi(PATH, { method: "POST", body: JSON.stringify({ model }) });
    const told = answer.ok ? await answer.json() : null;
    if (told && !told.fault) said.set(model, told);
  } catch (fault) {
    console.warn("Likeness: the host did not say what is in the base model.", fault);
  }
  readAll();
}

function after(owner, name, act) {
  const before = owner[name];
  owner[name] = function () {
    const result = before?.apply(this, arguments);
    act();
    return result;
  };
}
