// @ts-check
/** Which workflow queued a prompt, and which kinds of nodes it runs. Messages name nodes by numbers that repeat. */

import { activeWorkflow, openWorkflow } from "./graph_nodes.js";

const MOST = 200;

export class PromptOwner {
  /** @param {any} api the host's; its queuePrompt is the one place where a prompt gets its name */
  constructor(api) {
    this.api = api;
    this.owned = new Map();
    this.queueing = new Set();
    this.seeking = new Map();
  }

  listen() {
    const queue = this.api.queuePrompt;
    this.api.queuePrompt = (...given) => {
      const workflow = activeWorkflow();
      const answer = queue.apply(this.api, given);
      const noted = Promise.resolve(answer).then(
        ({ prompt_id: id }) => this.remember(id, { workflow, kinds: kindsOf(given[1]?.output) }),
        () => undefined,
      );
      this.queueing.add(noted);
      noted.then(() => this.queueing.delete(noted));
      return answer;
    };
  }

  remember(id, owned) {
    if (!id) return;
    this.owned.set(id, owned);
    if (this.owned.size > MOST) this.owned.delete(this.owned.keys().next().value);
  }

  /**
   * Calls `then` with the workflow and the kinds of nodes of a prompt, in the order of the messages; not at all when
   * it was queued from none of this page's workflows. A page that was loaded again asks the host once.
   */
  async withOwner(id, then) {
    if (!id) return;
    if (!this.owned.has(id) || this.seeking.has(id)) await this.seek(id);
    const owned = this.owned.get(id);
    if (owned?.workflow) then(owned);
  }

  seek(id) {
    if (!this.seeking.has(id)) {
      this.seeking.set(id, this.ask(id).finally(() => this.seeking.delete(id)));
    }
    return this.seeking.get(id);
  }

  async ask(id) {
    // Its first messages may be quicker than the answer that names it.
    await Promise.all(this.queueing);
    if (this.owned.has(id)) return;
    const prompt = (await this.queued()).find(([, name]) => name === id);
    const graph = prompt?.[3]?.extra_pnginfo?.workflow?.id;
    this.remember(id, { workflow: graph ? openWorkflow(graph) : null, kinds: kindsOf(prompt?.[2]) });
  }

  async queued() {
    try {
      const { queue_running: running = [], queue_pending: pending = [] } = await json(this.api, "/queue");
      return [...running, ...pending];
    } catch {
      return [];
    }
  }
}

/** @returns {Promise<any>} */
export async function json(api, path) {
  return (await api.fetchApi(path, { cache: "no-store" })).json();
}

/** The class of each node of a prompt, by its number. */
function kindsOf(prompt) {
  return new Map(Object.entries(prompt ?? {}).map(([id, node]) => [id, node.class_type]));
}
