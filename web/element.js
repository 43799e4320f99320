// @ts-check
/** Elements in one line. Words always go in as text, never as markup. */

/** @returns {any} */
export function make(tag, name = "", words = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words) made.textContent = words;
  return made;
}

/** A button that does one thing; `title` explains it. @returns {HTMLButtonElement} */
export function button(name, words, title, act) {
  const made = make("button", name, words);
  made.type = "button";
  made.title = title;
  made.addEventListener("click", act);
  return made;
}
