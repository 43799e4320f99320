// @ts-check
/** Registers the extension: a live panel on the Train node, a line of words on the others, and their messages. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { NotePanel } from "./note_panel.js";
import { RunPanel } from "./run_panel.js";

const TRAIN = "LikenessTrainCharacterLora";
const NOTED = new Set([
  "LikenessDemoCharacter",
  "LikenessLoadCharacterDataset",
  "LikenessCompareCheckpoints",
  "LikenessChooseCheckpoint",
]);

const panels = new WeakMap();
const listed = new Set();

app.registerExtension({
  name: "likeness",

  init() {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("./likeness.css", import.meta.url).href;
    document.head.append(sheet);
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
    if (node.comfyClass === TRAIN) {
      addPanel(node, new RunPanel((view) => api.apiURL(viewPath(view))));
    } else if (NOTED.has(node.comfyClass)) {
      addPanel(node, new NotePanel());
    }
  },
});

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
    for (const name of loraNames(output)) list(name);
  };
}

/** A new LoRA shows in every LoraLoader at once. */
function list(name) {
  if (listed.has(name)) return;
  listed.add(name);
  app.refreshComboInNodes();
}

function loraNames(output) {
  return [...(output?.likeness ?? []).map((state) => state.lora), ...(output?.lora ?? [])].filter(Boolean);
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

function viewPath(view) {
  return `/view?${new URLSearchParams(view)}`;
}
