// @ts-check
/** The lists of files in nodes' widgets: models, LoRAs, folders. */

import { app } from "../../../scripts/app.js";

/** Reads them anew. The page's own command for it shows two toasts each time, and a new LoRA comes unasked. */
export async function readFileLists() {
  try {
    await (app.reloadNodeDefs ? app.reloadNodeDefs() : app.refreshComboInNodes());
  } catch {
    const detail = "ComfyUI did not answer, so new files are not in its lists yet: press R.";
    app.extensionManager?.toast?.add({ severity: "warn", summary: "Likeness", detail, life: 9000 });
  }
}
