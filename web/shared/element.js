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

/** A picture's preview, fetched when it comes into sight; a file that cannot be read has none. */
export function preview(urlOf, picture) {
  if (!picture.view) return make("span", "likeness-no-picture", picture.name);
  const image = make("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.draggable = false;
  image.src = urlOf(picture.view);
  image.alt = picture.name;
  return image;
}
