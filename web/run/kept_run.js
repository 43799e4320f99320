// @ts-check
/** What lies in the folder of a run under the name that a node gives it, read when its panel has nothing to show. */

import { json } from "../shared/prompt_owner.js";

export async function showKeptRun(api, node, panel) {
  const name = node.widgets?.find((widget) => widget.name === "name")?.value;
  if (!name || panel.state) return;
  const state = await json(api, `/likeness/run?${new URLSearchParams({ name })}`);
  if (state?.status && !panel.state) panel.show(state);
}
