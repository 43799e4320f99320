"""The panel of Review captions in a box of its own, and what the node would tell it."""

import json
from typing import Any

from trainer.captions.rules.diff import word_diff

from .browser import Page

TRIGGER = "mira_v1"
_PLACES = (
    "white background",
    "a sunny park",
    "a dim kitchen",
    "white background",
    "a snowy street",
    "white background",
)
_LOOKS = ("long hair, red hair, freckles", "red_hair, hair bun", "a woman with long red hair")
_AUTHORS = ("tagger", "vlm", "tagger", "hand")
_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="


def picture_id(number: int) -> str:
    return f"{number:064x}"


def row(number: int, before: str, caption: str, **other: Any) -> dict[str, Any]:
    return {
        "id": picture_id(number),
        "name": f"mira_{number:02}.png",
        "split": "train",
        "view": {"filename": _PIXEL, "subfolder": "", "type": "temp"},
        "author": "tagger",
        "edited": False,
        "caption": caption,
        "words": [[word.text, word.kind] for word in word_diff(before, caption)],
        "findings": [],
        "texts": [],
        "source": 0,
    } | other


def state_of(rows: list[dict[str, Any]], **other: Any) -> dict[str, Any]:
    with_background = [place for place, one in enumerate(rows) if "white background" in one["caption"]]
    return {
        "review": "",
        "trigger": TRIGGER,
        "subject": "woman",
        "sources": ["WD14 tags"],
        "source": 0,
        "rows": rows,
        "more": 0,
        "appearance": [
            {"row": name, "title": name, "choice": "rules", "note": "left out of 12, said in 3 of 24"}
            for name in ("hair", "eyes", "skin", "glasses")
        ],
        "fragments": [
            {"text": "white background", "count": len(with_background), "slot": "background", "rows": with_background},
            {"text": "warm light", "count": 0, "slot": "sentence", "rows": []},
        ],
        "findings": [
            {"check": "caption_shared", "level": "warning", "text": "'white background' is in most captions."}
        ],
        "kept": sum(one["author"] == "hand" for one in rows),
        "rewritten": sum(one["author"] != "hand" for one in rows),
    } | other


def many(count: int = 24) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        place = _PLACES[number % 6]
        findings = (
            [{"check": "caption_looks", "level": "warning", "text": "Says 'freckles'."}] if number % 4 == 1 else []
        )
        caption = f"{TRIGGER} woman, upper body, {'standing' if number % 2 else 'smiling'}, {place}"
        before = f"1girl, {_LOOKS[number % 3]}, {caption.split(', ', 1)[1]}"
        author = _AUTHORS[number % 4]
        rows.append(row(number, before, caption, findings=findings, author=author))
    return rows


def compared() -> list[dict[str, Any]]:
    rows = many(6)
    for one in rows:
        one["texts"] = [one["caption"], f"{TRIGGER}, a woman stands in the light", None if one is rows[5] else "third"]
    return rows


class Panel:
    """The panel in a box of its own on the page, with a memory like the widget's."""

    def __init__(self, page: Page) -> None:
        self.page = page.page
        self.host = page

    def draw(self, state: dict[str, Any], *, kept: str | None = None) -> "Panel":
        self.page.evaluate(MOUNT, {"state": state, "kept": state["review"] if kept is None else kept})
        return self

    def locate(self, selector: str, **options: Any) -> Any:
        return self.page.locator(f".likeness-captions {selector}", **options)

    def row(self, number: int) -> Any:
        return self.locate(".likeness-caption-row").nth(number)

    def caption(self, number: int) -> str:
        return self.row(number).locator(".likeness-caption").text_content()

    def captions(self) -> list[str]:
        """What goes on to training by the panel's own account."""
        return self.page.evaluate(
            "() => captionsPanel.state.rows.map(({ id }) => captionsPanel.effective.get(id).text)"
        )

    def shown(self) -> int:
        return self.locate(".likeness-caption-row:visible").count()

    def button(self, words: str) -> Any:
        return self.locate(f'button:text-is("{words}")')

    def fill(self, placeholder: str, text: str) -> None:
        self.locate(f'input[placeholder="{placeholder}"]').fill(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def undo(self) -> None:
        self.locate(".likeness-undo").first.click()

    def open(self, name: str) -> None:
        self.locate(f"details.likeness-{name} summary").click()

    def review(self) -> dict[str, Any]:
        return json.loads(self.page.evaluate("() => captionsKept") or "{}")

    def head(self) -> str:
        return self.locate(".likeness-check-words").first.inner_text()


MOUNT = """async ({ state, kept }) => {
    const { CaptionsPanel } = await import('/extensions/likeness/captions/captions_panel.js');
    window.captionsPanel?.element.remove();
    window.captionsKept = kept;
    const memory = { read: () => window.captionsKept, write: (text) => { window.captionsKept = text; } };
    const panel = new CaptionsPanel((view) => view.filename, memory);
    panel.element.style.cssText = 'position: fixed; z-index: 9999; inset: 0 auto auto 0; width: 700px; height: 900px';
    document.body.append(panel.element);
    window.captionsPanel = panel;
    if (state) panel.executed({ likeness_captions: [state] });
}"""
