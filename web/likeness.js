// @ts-check
/** Registers the extension: panels on our nodes (a run, a checked dataset, its captions, a line) and their messages. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { CaptionsPanel } from "./captions/captions_panel.js";
import { CheckPanel } from "./dataset/check_panel.js";
import { addUpload } from "./dataset/upload.js";
import { loadBaseWords, showBaseWords } from "./recipe/base_words.js";
import { loadRecipes, showRecipe } from "./recipe/recipe_node.js";
import { nameZeros } from "./recipe/zero_words.js";
import { RunPanel } from "./run/run_panel.js";
import { LivePanel, NotePanel } from "./shared/note_panel.js";

const TRAIN = "LikenessTrainCharacterLora";
const LOAD = "LikenessLoadCharacterDataset";
const CHECK = "LikenessCheckDataset";
const CAPTIONS = "LikenessReviewCaptions";
const RECIPE = "LikenessTrainingRecipe";
const DRAWING = new Set(["LikenessFillGaps", "LikenessMakeStyleVariants"]);
const NOTED = new Set([
  "LikenessDemoCharacter",
  "LikenessLoadCharacterDataset",
  "LikenessImagesToDataset",
  "LikenessCropDataset",
  "LikenessPickImages",
  "LikenessMixDatasets",
  "LikenessSaveDataset",
  "LikenessTagWithWd14",
  "LikenessCaptionWithJoyCaption",
  "LikenessUseCaptions",
  "LikenessApplyCaptionRules",
  "LikenessCompareCheckpoints",
  "LikenessChooseCheckpoint",
  "LikenessImportRecipe",
  "LikenessExportRecipe",
  "LikenessCheckLora",
]);

const panels = new WeakMap();
const listed = new Set();

app.registerExtension({
  name: "likeness",

  async init() {
    for (const name of ["shared/panel.css", "recipe/recipe_node.css", "dataset/check_panel.css", "captions/captions_panel.css"]) {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = new URL(`./${name}`, import.meta.url).href;
      document.head.append(sheet);
    }
    await Promise.all([loadRecipes(), loadBaseWords()]);
  },

  setup() {
    for (const event of ["likeness.train", "likeness.note"]) {
      api.addEventListener(event, ({ detail }) => {
        const node = nodeOfExecution(String(detail.node));
        if (node) panels.get(node)?.show(detail);
      });
    }
  },

  nodeCreated(node) {
    if (node.comfyClass === RECIPE) showRecipe(node);
    nameZeros(node);
    showBaseWords(node);
    if (node.comfyClass?.startsWith("Likeness")) foldAdvanced(node);
    if (node.comfyClass === LOAD) addUpload(node, uploadsOf(node));
    if (node.comfyClass === TRAIN) {
      addPanel(node, new RunPanel(urlOf));
    } else if (node.comfyClass === CHECK) {
      addPanel(node, new CheckPanel(urlOf, reviewOf(node)));
    } else if (node.comfyClass === CAPTIONS) {
      addPanel(node, new CaptionsPanel(urlOf, reviewOf(node)));
    } else if (DRAWING.has(node.comfyClass)) {
      addPanel(node, new LivePanel());
    } else if (NOTED.has(node.comfyClass)) {
      addPanel(node, Object.assign(new NotePanel(), node.comfyClass === LOAD ? { height: 128 } : {}));
    }
  },

  /** A tab that is opened again, or an undo of the graph, makes nodes anew: their panels show what was made before. */
  onNodeOutputsUpdated(outputs) {
    for (const [locator, output] of Object.entries(outputs ?? {})) {
      const node = nodeOfLocator(locator);
      if (node) panels.get(node)?.executed(output);
    }
  },
});

/**
 * The classic renderer folds only widgets that say so themselves; its menu's "Show Advanced" unfolds them. Its layout
 * keeps room for folded ones unless they are hidden too.
 */
function foldAdvanced(node) {
  const advanced = (node.widgets ?? []).filter((widget) => widget.options?.advanced);
  if (!advanced.length) return;
  for (const widget of advanced) {
    widget.advanced = true;
    Object.defineProperty(widget, "hidden", {
      configurable: true,
      get: () => !window.LiteGraph.vueNodesMode && !node.showAdvanced,
      set: () => {},
    });
  }
  node.setSize([node.size[0], node.computeSize()[1]]);
}

/** How a node's files come into ComfyUI's input folder and into its lists, and where it says so. */
function uploadsOf(node) {
  return {
    post: (form) => api.fetchApi("/upload/image", { method: "POST", body: form }),
    refresh: () => app.refreshComboInNodes(),
    say: (text) => panels.get(node)?.show({ text }),
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
  panels.set(node, panel);
  const widget = node.addDOMWidget("likeness_panel", "likeness_panel", panel.element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: () => panel.height,
  });
  widget.serialize = false;
  if (panel.isFixed) {
    // Without a layout of its own the widget keeps its height, and a picture below gets the room.
    widget.computeLayoutSize = undefined;
    widget.computeSize = (width) => [width ?? node.size[0], panel.height];
  }
  const executed = node.onExecuted;
  node.onExecuted = function (output) {
    executed?.apply(this, arguments);
    panel.executed(output);
    for (const name of madeFiles(output)) list(name);
  };
}

/** A new LoRA shows in every LoraLoader at once, a saved dataset in every Load character dataset. */
function list(name) {
  if (listed.has(name)) return;
  listed.add(name);
  app.refreshComboInNodes();
}

function madeFiles(output) {
  const runs = (output?.likeness ?? []).map((state) => state.lora);
  return [...runs, ...(output?.lora ?? []), ...(output?.folder ?? [])].filter(Boolean);
}

/** Inside subgraphs the host names a node by its path: "1:2:3". */
function nodeOfExecution(id) {
  let graph = app.rootGraph ?? app.graph;
  let node = null;
  for (const part of id.split(":")) {
    node = graph?.getNodeById(Number(part)) ?? graph?.getNodeById(part) ?? null;
    graph = node?.subgraph;
  }
  return node;
}

/** Outputs are kept by "5", or by "<subgraph>:5" inside a subgraph. */
function nodeOfLocator(locator) {
  const [first, second] = locator.split(":");
  const root = app.rootGraph ?? app.graph;
  const graph = second === undefined ? root : root?.subgraphs?.get(first);
  const id = second ?? first;
  return graph?.getNodeById(Number(id)) ?? graph?.getNodeById(id) ?? null;
}

function urlOf(view) {
  return api.apiURL(`/view?${new URLSearchParams(view)}`);
}
