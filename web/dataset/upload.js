// @ts-check
/** A button that brings a folder of pictures from the user's machine into ComfyUI's input folder, and chooses it. */

const PICTURE = /\.(png|jpe?g|jfif|webp|bmp|tiff?|gif|apng|avif|jxl)$/i;
const CAPTION = /\.(txt|caption)$/i;

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

/** Every picture and caption, one after another, under the folder's own name; nothing that lies there is overwritten. */
export async function upload(node, files, { post, refresh, say }) {
  const chosen = files.filter(({ name }) => !name.startsWith(".") && (PICTURE.test(name) || CAPTION.test(name)));
  const pictures = chosen.filter(({ name }) => PICTURE.test(name)).length;
  if (!pictures) return say("That folder holds no pictures: choose one with PNG, JPEG or WebP files.");
  const folder = placeOf(chosen[0]).split("/")[0];
  for (const [index, file] of chosen.entries()) {
    say(`Uploading ${file.name}: ${index + 1} of ${chosen.length}`);
    const fault = await sent(file, post);
    if (fault) return say(`${file.name} was not uploaded (${fault}); ${index} files before it are in input/${folder}.`);
  }
  await refresh();
  choose(node, `input/${folder}`);
  say(`${pictures} pictures are in input/${folder}, which is chosen now.`);
}

/** Why a file did not arrive; "" when it did. */
async function sent(file, post) {
  const form = new FormData();
  form.append("image", file, file.name);
  form.append("subfolder", placeOf(file));
  form.append("type", "input");
  try {
    const answer = await post(form);
    return answer.ok ? "" : `${answer.status} ${answer.statusText}`.trim();
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
