// @ts-check
/** A button that brings a folder of pictures from the user's machine into ComfyUI's input folder, and chooses it. */

const PICTURE = /\.(png|jpe?g|jfif|webp|bmp|tiff?|gif|apng|avif|jxl)$/i;
const WORDS = /\.(txt|caption)$|^dataset\.json$/i;
const RECORD = ".captions.json";

/**
 * @param {any} node Load character dataset
 * @param {{ post: (form: FormData) => Promise<Response>, refresh: () => any, say: (text: string) => void }} host
 */
export function addUpload(node, host) {
  const widget = node.addWidget("button", "Upload a folder of pictures…", null, () => {
    const input = document.createElement("input");
    input.type = "file";
    input.webkitdirectory = true;
    input.addEventListener("change", () => upload(node, [...(input.files ?? [])], host));
    input.click();
  });
  widget.serialize = false;
  widget.options = { ...widget.options, serialize: false };
  // Once the node has its panel, and its values where a workflow is opened.
  setTimeout(() => {
    if (!valueOf(node).includes("/")) host.say("Upload a folder of 10 to 50 pictures, or put one into ComfyUI's input folder and press R.");
  });
}

/**
 * Every picture and what is written of it, one after another, under the folder's own name. Nothing that lies there is
 * touched: where the host has a folder of that name they go into one of the next free name.
 */
export async function upload(node, files, { post, refresh, say }) {
  const chosen = files.filter(({ name }) => isOfDataset(name));
  const pictures = chosen.filter(({ name }) => PICTURE.test(name)).length;
  if (!pictures) return say("That folder holds no pictures: choose one with PNG, JPEG or WebP files.");
  await refresh();
  const asked = placeOf(chosen[0]).split("/")[0];
  const folder = freeName(node, asked);
  for (const [index, file] of chosen.entries()) {
    say(`Uploading ${file.name}: ${index + 1} of ${chosen.length}`);
    const fault = await sent(file, [folder, ...placeOf(file).split("/").slice(1)].join("/"), post);
    if (fault) return say(`${file.name} was not uploaded (${fault}); ${index} files before it are in input/${folder}.`);
  }
  await refresh();
  choose(node, `input/${folder}`);
  const taken = folder === asked ? "" : `A folder ${asked} was there already. `;
  const others = files.filter((file) => !chosen.includes(file) && !file.name.startsWith("."));
  const said = pictures === 1 ? "1 picture is" : `${pictures} pictures are`;
  say(`${taken}${said} in input/${folder}, which is chosen now.${leftOut(others)}`);
}

/** Of hidden files a dataset has one; the others a system wrote, `._1.txt` among them. */
function isOfDataset(name) {
  return name === RECORD || (!name.startsWith(".") && (PICTURE.test(name) || WORDS.test(name)));
}

function leftOut(files) {
  if (!files.length) return "";
  const named = files.slice(0, 3).map(({ name }) => name);
  const more = files.length > 3 ? ` and ${files.length - 3} more` : "";
  return ` Not uploaded, as neither picture nor caption: ${named.join(", ")}${more}.`;
}

/** The folder's own name, or with the first number that none in the host's list has. */
function freeName(node, asked) {
  const values = folderOf(node)?.options?.values ?? [];
  const there = new Set(values.flatMap((value) => String(value).toLowerCase().split("/").slice(1, 2)));
  const isTaken = (name) => there.has(name.toLowerCase());
  let name = asked;
  for (let number = 2; isTaken(name); number += 1) name = `${asked}_${number}`;
  return name;
}

/** Why a file did not arrive under its own name; "" when it did. */
async function sent(file, place, post) {
  const form = new FormData();
  form.append("image", file, file.name);
  form.append("subfolder", place);
  form.append("type", "input");
  try {
    const answer = await post(form);
    if (!answer.ok) return `${answer.status} ${answer.statusText}`.trim();
    const { name = file.name } = await answer.json();
    return name === file.name ? "" : `another lies there, so it was put beside it as ${name}`;
  } catch (fault) {
    return String(fault?.message ?? fault);
  }
}

/** The folder of a chosen file, from the chosen one down: `my cat girl/10_ohwx`. */
function placeOf(file) {
  return file.webkitRelativePath.split("/").slice(0, -1).join("/");
}

function valueOf(node) {
  return String(folderOf(node)?.value ?? "");
}

function folderOf(node) {
  return node.widgets?.find(({ name }) => name === "folder");
}

function choose(node, value) {
  const widget = folderOf(node);
  if (!widget) return;
  widget.value = value;
  widget.callback?.(value);
  node.graph?.setDirtyCanvas?.(true, true);
}
