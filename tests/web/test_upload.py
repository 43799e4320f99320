"""A folder of pictures from the user's machine, brought into ComfyUI's input folder by a button."""

from pathlib import Path
from typing import Any

import pytest

from .browser import Page


@pytest.fixture
def uploading(page: Page) -> Any:
    page.page.evaluate(_NODE)
    return page.page


def _chosen(page: Any, folder: Path) -> list[str]:
    """What the node says, once the user has pressed the button and chosen the folder."""
    with page.expect_file_chooser() as chooser:
        page.evaluate("() => void node.press()")
    chooser.value.set_files(folder)
    page.wait_for_function("() => ended(said.at(-1))")
    return page.evaluate("() => said")


def _folder(home: Path, *names: str) -> Path:
    folder = home / "my cat girl"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_pictures_and_captions_are_sent_under_the_folders_name_which_is_chosen(uploading: Any, tmp_path: Path) -> None:
    names = (
        "1.png",
        "1.txt",
        "2.JPG",
        ".hidden.png",
        "._1.txt",
        ".DS_Store",
        "notes.docx",
        "10_ohwx/3.webp",
        ".captions.json",
    )
    said = _chosen(uploading, _folder(tmp_path, *names))
    sent = uploading.evaluate("() => sent.sort()")
    sent_names = (".captions.json", "1.png", "1.txt", "10_ohwx/3.webp", "2.JPG")
    assert sent == [f"my cat girl/{name} input" for name in sent_names]
    assert said[1].endswith("1 of 5")
    assert said[-1] == (
        "3 pictures are in input/my cat girl, which is chosen now. "
        "Not uploaded, as neither picture nor caption: notes.docx."
    )
    assert uploading.evaluate("() => [refreshed, node.widgets[0].value]") == [2, "input/my cat girl"]
    assert uploading.evaluate("() => node.widgets[1].serialize") is False


def test_a_folder_of_a_name_that_is_there_goes_into_one_of_its_own(uploading: Any, tmp_path: Path) -> None:
    uploading.evaluate("() => { there = ['input/My cat girl/10_ohwx', 'input/my cat girl_2', 'output/x'] }")
    said = _chosen(uploading, _folder(tmp_path, "1.png", "10_ohwx/1.txt"))
    assert uploading.evaluate("() => sent.sort()") == [
        "my cat girl_3/1.png input",
        "my cat girl_3/10_ohwx/1.txt input",
    ]
    assert said[-1] == (
        "A folder my cat girl was there already. 1 picture is in input/my cat girl_3, which is chosen now."
    )
    assert uploading.evaluate("() => node.widgets[0].value") == "input/my cat girl_3"


def test_a_file_that_the_host_gives_another_name_is_told_and_nothing_is_chosen(uploading: Any, tmp_path: Path) -> None:
    uploading.evaluate("() => { renamed = '1 (1).txt' }")
    said = _chosen(uploading, _folder(tmp_path, "1.png", "1.txt"))
    assert "was not uploaded (another lies there, so it was put beside it as 1 (1).txt)" in said[-1]
    assert uploading.evaluate("() => node.widgets[0].value") == ""


def test_a_node_without_a_folder_says_where_to_put_one(uploading: Any) -> None:
    uploading.wait_for_function("() => said.length")
    (said,) = uploading.evaluate("() => said")
    assert said == "Upload a folder of 10 to 50 pictures, or put one into ComfyUI's input folder and press R."


def test_a_folder_without_pictures_sends_nothing_and_says_so(uploading: Any, tmp_path: Path) -> None:
    said = _chosen(uploading, _folder(tmp_path, "1.txt"))
    assert said[1:] == ["That folder holds no pictures: choose one with PNG, JPEG or WebP files."]
    assert uploading.evaluate("() => sent") == []


def test_an_upload_that_fails_is_named_and_nothing_is_chosen(uploading: Any, tmp_path: Path) -> None:
    uploading.evaluate("() => { window.full = true }")
    said = _chosen(uploading, _folder(tmp_path, "1.png"))
    assert said[-1].startswith("1.png was not uploaded (507 Insufficient Storage); 0 files before it")
    assert uploading.evaluate("() => node.widgets[0].value") == ""


_NODE = """async () => {
    const { addUpload } = await import('/extensions/likeness/dataset/upload.js');
    Object.assign(window, { said: [], sent: [], refreshed: 0, full: false, there: [], renamed: '' });
    window.ended = (words) => /chosen now|not uploaded|holds no/.test(words ?? '');
    window.node = {
        widgets: [{ name: 'folder', value: '', options: {} }],
        addWidget(type, name, value, press) {
            this.press = press;
            return this.widgets[this.widgets.push({ type, name, options: {} }) - 1];
        },
    };
    addUpload(window.node, {
        post: async (form) => {
            if (full) return new Response('', { status: 507, statusText: 'Insufficient Storage' });
            sent.push(`${form.get('subfolder')}/${form.get('image').name} ${form.get('type')}`);
            return new Response(JSON.stringify({ name: renamed || form.get('image').name }));
        },
        refresh: () => { window.refreshed += 1; node.widgets[0].options.values = there; },
        say: (text) => said.push(text),
    });
}"""
