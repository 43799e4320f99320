"use strict";
/* The page's own script. It moves and shows what is there already; it makes no markup and loads nothing. */
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const grids = all("table.grid");
  document.documentElement.classList.add("scripted");

  /* Sorting: rows of the table and columns of the grids, the control always first. */
  const body = find("#measures tbody");
  const usual = all("tr", body);
  const heads = all("#measures thead th[data-measure]");

  function sortBy(measure) {
    const head = heads[measure];
    const sign = head && head.dataset.better === "low" ? 1 : -1;
    const value = (row) => Number.parseFloat(all("td[data-sort]", row)[measure].dataset.sort);
    const rank = (row) => (Number.isNaN(value(row)) ? Infinity : sign * value(row));
    const rows = head ? [...usual].sort((a, b) => isControl(b) - isControl(a) || order(rank(a), rank(b))) : usual;
    body.append(...rows);
    for (const row of grids.flatMap((grid) => all("tr", grid))) {
      const cells = new Map(all("[data-column]", row).map((cell) => [cell.dataset.column, cell]));
      row.append(...rows.map(({ dataset }) => cells.get(dataset.column)).filter(Boolean));
    }
    for (const [number, each] of heads.entries()) {
      each.setAttribute("aria-sort", number !== measure ? "none" : sign > 0 ? "ascending" : "descending");
    }
    find("#sort").value = head ? String(measure) : "";
  }

  const isControl = (row) => Number(row.classList.contains("control"));
  const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
  find("#sort").addEventListener("change", ({ target }) => sortBy(target.value === "" ? -1 : Number(target.value)));
  for (const [number, head] of heads.entries()) find("button", head).addEventListener("click", () => sortBy(number));

  /* Filtering by words of the prompt or its kind. */
  find("#filter").addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of grids.flatMap((grid) => all("tr[data-row]", grid))) {
      const text = row.dataset.words.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    if (words.length) all("details:has(.grid)").forEach((fold) => (fold.open = true));
  });

  /* Two columns under one slider. */
  const pair = { left: find("#left"), right: find("#right"), row: find("#row"), split: find("#split") };

  function drawPair() {
    const row = find(`table.grid tr[data-row="${pair.row.value}"]`);
    for (const side of ["left", "right"]) {
      const source = row && find(`[data-column="${pair[side].value}"] img`, row);
      const image = find(`#pair .${side}`);
      image.hidden = !source;
      if (!source) continue;
      image.src = source.src;
      image.alt = source.alt;
    }
    find("#pair .right").style.clipPath = `inset(0 0 0 ${pair.split.value}%)`;
    find("#pair .cut").style.left = `${pair.split.value}%`;
  }

  Object.values(pair).forEach((input) => input.addEventListener("input", drawPair));
  find("#pair").addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const box = find("#pair").getBoundingClientRect();
    pair.split.value = String((100 * (event.clientX - box.left)) / box.width);
    drawPair();
  });
  if (pair.row.options.length) drawPair();

  /* Hover enlarges; a click or Enter shows a picture large, where the arrow keys go on to its neighbours. */
  const loupe = find("#loupe");
  const large = find("#large");
  const images = all("table.grid img");
  let current = images[0];

  function enlarge(image) {
    const box = image.getBoundingClientRect();
    loupe.src = image.src;
    loupe.hidden = false;
    const side = Math.min(360, window.innerWidth / 2.2);
    loupe.style.width = `${side}px`;
    loupe.style.left = `${box.right + 12 + side < window.innerWidth ? box.right + 12 : Math.max(box.left - 12 - side, 0)}px`;
    loupe.style.top = `${Math.min(Math.max(box.top + box.height / 2 - side / 2, 8), Math.max(window.innerHeight - side - 8, 8))}px`;
  }

  function take(image) {
    if (!image) return;
    if (current) current.tabIndex = -1;
    current = image;
    current.tabIndex = 0;
    if (large.open) showLarge();
    else current.focus({ preventScroll: false });
  }

  function showLarge() {
    loupe.hidden = true;
    find("img", large).src = current.src;
    find("img", large).alt = current.alt;
    find("figcaption b", large).textContent = current.alt;
    find("figcaption span", large).textContent = find("th span", current.closest("tr")).textContent;
    if (!large.open) large.showModal();
  }

  function neighbour(image, down, right) {
    const line = [...image.closest("tr").querySelectorAll("img")];
    if (right) return line[line.indexOf(image) + right];
    const rows = all("tr[data-row]", image.closest("table")).filter((row) => !row.hidden);
    const next = rows[rows.indexOf(image.closest("tr")) + down];
    return next && find(`[data-column="${image.closest("td").dataset.column}"] img`, next);
  }

  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function pressed(event) {
    const move = MOVES[event.key];
    if (move) take(neighbour(current, ...move));
    else if (event.key === "Enter" || event.key === " ") large.open ? large.close() : showLarge();
    else return;
    event.preventDefault();
  }

  for (const image of images) {
    image.tabIndex = image === current ? 0 : -1;
    image.setAttribute("role", "button");
    image.removeAttribute("title");
    image.addEventListener("pointerenter", () => enlarge(image));
    image.addEventListener("pointerleave", () => (loupe.hidden = true));
    image.addEventListener("focus", () => (current = image));
    image.addEventListener("keydown", pressed);
    image.addEventListener("click", () => {
      take(image);
      showLarge();
    });
  }
  large.addEventListener("keydown", pressed);
  large.addEventListener("click", () => large.close());
  large.addEventListener("close", () => current && current.focus());
})();
