// @ts-check
/** Registers the extension: panels on our nodes (a run, a plan, a checked dataset, its captions, a comparison, a line) and their messages. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { CaptionsPanel } from "./captions/captions_panel.js";
import { ComparePanel } from "./compare/compare_panel.js";
import { pickMemory } from "./compare/pick_memory.js";
import { CheckPanel } from "./dataset/check_panel.js";
import { addUpload } from "./dataset/upload.js";
import { PlanPanel } from "./plan/plan_panel.js";
import { loadBaseWords, showBaseWords } from "./recipe/base_words.js";
import { loadRecipes, showRecipe } from "./recipe/recipe_node.js";
import { nameZeros } from "./recipe/zero_words.js";
import { RunPanel } from "./run/run_panel.js";
import { RunsTab } from "./runs/runs_tab.js";
import { foldAdvanced } from "./shared/advanced_widgets.js";
import { readFileLists } from "./shared/file_lists.js";
import { firstWords } from "./shared/first_words.js";
import { panelOf, wear } from "./shared/graph_nodes.js";
import { Messages } from "./shared/messages.js";
import { LinePanel, LivePanel, NotePanel, TallPanel } from "./shared/note_panel.js";
import { Outcomes } from "./shared/outcomes.js";
import { giveSize } from "./shared/panel_size.js";
import { PromptOwner } from "./shared/prompt_owner.js";
import { Restoring } from "./shared/restoring.js";
import { nameSlots } from "./shared/slot_words.js";
import { growTextBoxes } from "./shared/text_boxes.js";

const TRAIN = "LikenessTrainCharacterLora";
const PLAN = "LikenessPlanRun";
const DIFF = "LikenessDiffRuns";
const LOAD = "LikenessLoadCharacterDataset";
const CHECK = "LikenessCheckDataset";
const CAPTIONS = "LikenessReviewCaptions";
const RECIPE = "LikenessTrainingRecipe";
const COMPARE = "LikenessCompareCheckpoints";
const CHOOSE = "LikenessChooseCheckpoint";
const ADVISE = "LikenessAdviseNextRun";
const SCORE = "LikenessScoreImages";
const METHOD = "LikenessTrainOrZeroShot";
const MOTION = "LikenessCheckMotion";
const FACE = "LikenessReadFace";
const CLEAN = "LikenessCleanUp";
const DRAWING = new Set(["LikenessFillGaps", "LikenessMakeStyleVariants", "LikenessBalance"]);
const LINES = new Set([
  "LikenessDemoBaseModel",
  "LikenessDatasetToImages",
  "LikenessChooseBaseModel",
  "LikenessTrainingRecipe",
  "LikenessApplyCharacterLora",
  "LikenessApplyReference",
]);

const SHEETS = [
  "shared/panel.css",
  "run/run_panel.css",
  "plan/plan_panel.css",
  "recipe/recipe_node.css",
  "dataset/check_panel.css",
  "captions/captions_panel.css",
  "compare/compare_panel.css",
  "runs/runs.css",
];

const listed = new Set();
const owner = new PromptOwner(api);
const messages = new Messages(api, owner, new Outcomes(), listNew);
const restoring = new Restoring(api, messages);
const runs = new RunsTab(urlOf);

app.registerExtension({
  name: "likeness",

  async init() {
    for (const name of SHEETS) {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = new URL(`./${name}`, import.meta.url).href;
      document.head.append(sheet);
    }
    await Promise.all([loadRecipes(), loadBaseWords()]);
  },

  setup() {
    owner.listen();
    messages.listen();
    restoring.listen();
    runs.listen();
    runs.register();
  },

  beforeConfigureGraph() {
    restoring.begin();
  },

  nodeCreated(node) {
    if (!node.comfyClass?.startsWith("Likeness")) return;
    if (node.comfyClass === RECIPE) showRecipe(node);
    nameSlots(node);
    nameZeros(node);
    showBaseWords(node);
    foldAdvanced(node);
    if (node.comfyClass === LOAD) addUpload(node, uploadsOf(node));
    addPanel(node, panelFor(node));
    growTextBoxes(node);
    giveSize(node);
  },
});

function panelFor(node) {
  const { comfyClass: kind } = node;
  if (kind === TRAIN) return new RunPanel(urlOf, api);
  if (kind === PLAN) return new PlanPanel();
  if (kind === CHECK) return new CheckPanel(urlOf, reviewOf(node));
  if (kind === CAPTIONS) return new CaptionsPanel(urlOf, reviewOf(node));
  if (kind === COMPARE) return new ComparePanel(urlOf, pickMemory(node));
  if (kind === CHOOSE) return Object.assign(new ComparePanel(urlOf, pickMemory(node)), { height: 260 });
  const first = firstWords(kind);
  if (DRAWING.has(kind)) return new LivePanel(first);
  if (LINES.has(kind)) return new LinePanel(first);
  if (kind === ADVISE || kind === METHOD) return new TallPanel(first, 180, false);
  if (kind === DIFF) return new TallPanel(first, 208, true);
  // What is held out, and why, or a line a picture, takes a few lines.
  if ([LOAD, FACE, SCORE, MOTION, CLEAN].includes(kind)) return new TallPanel(first, 128, true);
  return new NotePanel(first);
}

/** How a node's files come into ComfyUI's input folder and into its lists, and where it says so. */
function uploadsOf(node) {
  return {
    post: (form) => api.fetchApi("/upload/image", { method: "POST", body: form }),
    refresh: readFileLists,
    say: (text) => panelOf(node)?.show({ text }),
  };
}

/** The widget in which a node keeps its decisions, so that they are saved with the workflow. */
function reviewOf(node) {
  const widget = () => node.widgets?.find(({ name }) => name === "review");
  return {
    read: () => String(widget()?.value ?? ""),
    write: (text) => {
      const kept = widget();
      if (!kept || kept.value === text) return;
      kept.value = text;
      kept.callback?.(text);
      node.graph?.setDirtyCanvas(true, true);
    },
  };
}

/** Puts a panel below the node's widgets; it holds no value of the workflow. */
function addPanel(node, panel) {
  wear(node, panel);
  const widget = node.addDOMWidget("likeness_panel", "likeness_panel", panel.element, {
    serialize: false,
    hideOnZoom: false,
    // It is no input: the side panel and apps do not list it.
    hideInPanel: true,
    getMinHeight: () => panel.height,
  });
  widget.serialize = false;
  if (!panel.isFixed) return;
  // Without a layout of its own the widget keeps its height, and a picture below gets the room.
  widget.computeLayoutSize = undefined;
  widget.computeSize = (width) => [width ?? node.size[0], panel.height];
}

/** A new LoRA shows in every LoraLoader at once, a saved dataset in every Load character dataset. */
function listNew(output) {
  const runs = (output.likeness ?? []).map((state) => state.lora);
  for (const name of [...runs, ...(output.lora ?? []), ...(output.folder ?? [])]) {
    if (!name || listed.has(name)) continue;
    listed.add(name);
    readFileLists();
  }
}

function urlOf(view) {
  return api.apiURL(`/view?${new URLSearchParams(view)}`);
}
