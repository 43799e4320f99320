// @ts-check
/** One picture's captioners side by side, to take one's words here or everywhere. */

import { button, make } from "../shared/element.js";

/** Cards for the captioners of a row, as the panel's decisions have them. */
export function captionerCards(panel, row) {
  return panel.state.sources.map((name, source) => card(panel, row, name, source));
}

function card(panel, row, name, source) {
  const { data, effective } = row;
  const text = data.texts[source];
  const isUsed = !effective.isEdited && effective.source === source;
  const isDefault = panel.review.source === source;
  const made = make("div", "likeness-card");
  made.classList.toggle("likeness-used", isUsed);
  const head = make("div", "likeness-card-head");
  head.append(make("b", "", name));
  if (isDefault) head.append(make("span", "likeness-caption-split", "default"));
  const here = button("likeness-small", isUsed ? "In use" : "Use this", `Takes ${name}'s words for ${data.name}`, () =>
    panel.decide((review) => review.use(data.id, source, `${name} for ${data.name}`)),
  );
  here.disabled = isUsed || !text;
  here.setAttribute("aria-pressed", String(isUsed));
  const all = button("likeness-small", `Use ${name} everywhere`, everywhere(panel, name), () =>
    panel.decide((review) => review.useEverywhere(source, `${name} everywhere`)),
  );
  all.disabled = isDefault && panel.review.sources.size === 0;
  const foot = make("div", "likeness-card-foot");
  foot.append(here, all);
  const words = make("div", "likeness-card-text", text || "said nothing");
  words.classList.toggle("likeness-no-caption", !text);
  made.append(head, words, foot);
  return made;
}

function everywhere(panel, name) {
  const picked = panel.review.sources.size;
  const also = picked ? `, also for the ${picked} chosen one by one` : "";
  return `Takes ${name}'s words for every picture${also}; your texts stay`;
}
