"""The panel of Review captions: writing, acts on many at once, filters, choices, and their speed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page
from .captions_panel import MOUNT, TRIGGER, Panel, compared, many, picture_id, row, state_of
from .warped import faults_of


@pytest.fixture
def panel(page: Page) -> Iterator[Panel]:
    page.complaints.clear()
    yield Panel(page)
    assert page.ours() == []


def test_a_caption_is_written_in_place_kept_given_up_and_taken_back(panel: Panel) -> None:
    panel.draw(state_of(many()))
    was = panel.caption(2)
    panel.row(2).locator(".likeness-caption").click()
    assert panel.locate("textarea").input_value() == "mira_v1 woman, upper body, smiling, a dim kitchen"
    panel.locate("textarea").fill("mira_v1 woman\nreads")
    panel.press("Control+Enter")
    assert panel.review()["captions"] == {picture_id(2): "mira_v1 woman reads"}
    assert panel.caption(2) == "mira_v1 woman reads"
    assert panel.row(2).locator(".likeness-author").text_content() == "you"
    assert "queue again to apply" in panel.head()
    panel.press("ArrowDown", "Enter")  # the row has the focus again
    panel.locate("textarea").fill("never mind")
    panel.press("Escape")
    assert panel.locate("textarea").count() == 0
    assert list(panel.review()["captions"]) == [picture_id(2)]
    panel.press("z")
    assert panel.page.evaluate("() => captionsKept") == ""
    assert panel.caption(2) == was
    assert "queue again" not in panel.head()


def test_a_change_of_all_captions_before_there_are_any_does_nothing(page: Page) -> None:
    page.complaints.clear()
    page.page.evaluate(MOUNT, {"state": None, "kept": ""})
    page.page.evaluate("() => captionsPanel.element.querySelectorAll('button').forEach((one) => one.click())")
    assert page.ours() == [] and page.page.evaluate("() => captionsKept") == ""


def test_a_click_elsewhere_keeps_the_text_and_does_what_it_was_for(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.row(0).locator(".likeness-caption").click()
    panel.locate("textarea").fill("one " * 80)
    panel.row(1).locator(".likeness-caption").click()
    assert panel.locate("textarea").count() == 1
    panel.locate("textarea").fill("two")
    panel.row(0).hover()
    panel.row(0).locator("button", has_text="Back").click()
    assert panel.review()["captions"] == {picture_id(1): "two"}
    panel.row(1).locator(".likeness-caption").click()
    panel.locate("textarea").fill("")
    panel.locate('input[placeholder="Find"]').click()
    panel.page.wait_for_timeout(50)
    assert panel.review()["captions"] == {picture_id(1): ""}
    assert panel.caption(1) == "no caption: click to write one"


def test_keys_stay_on_the_panel_and_move_between_rows(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.page.evaluate("() => { window.heard = []; window.addEventListener('keydown', (e) => heard.push(e.key)) }")
    panel.row(0).focus()
    panel.press("ArrowDown", "ArrowDown", "ArrowUp", "Delete", "Enter", "x", "Control+Enter")
    assert list(panel.review()["captions"]) == [picture_id(1)]
    panel.locate(".likeness-undo").first.focus()
    panel.press("Backspace", "z")
    assert panel.review() == {}
    assert [key for key in panel.page.evaluate("() => heard") if key != "Control"] == []


@pytest.mark.parametrize(
    ("fields", "button", "changes"),
    [
        ({"Find": "upper body", "Replace with": "close-up $&"}, "Replace in 24", lambda text: "upper body" in text),
        ({"Find": "Upper"}, "Replace in 0", lambda _: False),
        ({"Tag": "smiling, soft light"}, "Add to 24", lambda _: True),
        ({"Tag": "Standing"}, "Add to 12", lambda text: "standing" not in text),
        ({"Tag": "WHITE_Background"}, "Remove from 12", lambda text: "white background" in text),
        ({"Tag": "white"}, "Remove from 0", lambda _: False),
    ],
)
def test_an_act_changes_the_captions_its_button_says_and_one_undo_takes_it_back(
    panel: Panel, fields: dict[str, str], button: str, changes: Any
) -> None:
    panel.draw(state_of(many()))
    before = panel.captions()
    for placeholder, text in fields.items():
        panel.fill(placeholder, text)
    made = panel.button(button)
    assert made.is_disabled() == button.endswith(" 0")
    if made.is_disabled():
        return
    made.click()
    changed = [index for index, (old, new) in enumerate(zip(before, panel.captions(), strict=True)) if old != new]
    assert changed == [index for index, text in enumerate(before) if changes(text)]
    assert len(changed) == int(button.split()[-1])
    assert set(panel.review()["captions"]) == {picture_id(index) for index in changed}
    panel.undo()
    assert panel.captions() == before
    assert panel.page.evaluate("() => captionsKept") == ""


def test_texts_are_put_and_taken_literally(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.fill("Find", "upper body")
    panel.fill("Replace with", "$& (x:1.2)")
    panel.button("Replace in 24").click()
    assert panel.captions()[0] == "mira_v1 woman, $& (x:1.2), smiling, white background"
    panel.fill("Tag", "bare feet")
    panel.button("Add to 24").click()
    assert panel.captions()[0].endswith("white background, bare feet")
    panel.button("Remove from 24").click()
    panel.undo()
    panel.undo()
    assert panel.captions()[0].endswith("white background")


def test_acts_reach_only_the_captions_shown(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.fill("Filter by words", "kitchen")
    assert panel.shown() == 4
    panel.fill("Tag", "indoors")
    panel.button("Add to 4").click()
    assert len(panel.review()["captions"]) == 4


def test_a_fragment_is_shown_by_a_click_and_stripped_by_two(panel: Panel) -> None:
    panel.draw(state_of(many()))
    before = panel.captions()
    panel.open("fragments")
    panel.locate(".likeness-fragment-name").first.click()
    assert panel.shown() == 12
    strip = panel.locate(".likeness-fragment").first.locator("button:visible", has_text="Strip")
    strip.click()
    assert strip.inner_text() == "Strip from 12"
    assert panel.row(0).locator("del").text_content().strip() == "white background"
    panel.press("Escape")
    assert (panel.shown(), strip.inner_text()) == (24, "Strip")
    assert "1girl" in panel.row(0).locator("del").text_content()  # the comparison again
    strip.click()
    panel.locate(".likeness-fragment button:visible", has_text="Cancel").click()
    assert panel.captions() == before
    strip.click()
    strip.click()
    changed = {index for index, text in enumerate(panel.captions()) if text != before[index]}
    assert changed == {index for index, text in enumerate(before) if "white background" in text}
    assert panel.captions()[0] == "mira_v1 woman, upper body, smiling"
    assert panel.shown() == 24
    assert panel.locate(".likeness-fragment-count").first.inner_text() == "0 of 24"
    panel.undo()
    assert panel.captions() == before


def test_words_of_a_sentence_are_stripped_too(panel: Panel) -> None:
    caption = f"{TRIGGER}, a woman stands in warm light."
    rows = [row(0, caption, caption), row(1, "x", "x")]
    fragment = {"text": "warm light", "count": 1, "slot": "sentence", "rows": [0]}
    panel.draw(state_of(rows, fragments=[fragment]))
    panel.open("fragments")
    panel.locate(".likeness-fragment button", has_text="Strip").click()
    assert panel.row(0).locator("del").text_content() == "warm light"
    panel.locate(".likeness-fragment button", has_text="Strip from 1").click()
    assert panel.captions() == [f"{TRIGGER}, a woman stands in.", "x"]


def test_filters_by_finding_author_and_text_add_up(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.button("looks 6").click()
    assert panel.shown() == 6
    panel.button("captioner 6").click()
    assert panel.shown() == 6
    panel.button("by hand 6").click()
    panel.button("looks 6").click()
    assert panel.shown() == 12
    panel.fill("Filter by words", "Sunny PARK")
    assert panel.shown() == 4
    panel.fill("Filter by words", "mira_03.png")
    assert panel.shown() == 1
    panel.fill("Filter by words", "nothing like it")
    assert panel.shown() == 0
    assert panel.locate(".likeness-caption-nothing").is_visible()


def test_a_row_stays_in_sight_when_an_edit_takes_it_out_of_the_filter(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.button("tagger 12").click()
    panel.row(0).locator(".likeness-caption").click()
    panel.locate("textarea").fill("mine")
    panel.press("Control+Enter")
    assert panel.shown() == 12
    assert panel.button("tagger 11").get_attribute("aria-pressed") == "true"


def test_texts_by_hand_are_counted_and_let_go_in_one_act(panel: Panel) -> None:
    panel.draw(state_of(many()))
    again = panel.locate(".likeness-again")
    assert panel.head() == "24 captions · 6 by hand"
    assert again.inner_text() == "Captioning again rewrites 18, keeps your 6"
    panel.fill("Tag", "indoors")
    panel.button("Add to 24").click()
    assert again.inner_text() == "Captioning again rewrites 0, keeps your 24"
    panel.button("Let go of my 24").click()
    assert again.inner_text() == "Captioning again rewrites 18, keeps your 6"
    assert panel.locate("button:text('Let go of my 0')").is_hidden()
    panel.undo()
    assert len(panel.review()["captions"]) == 24
    panel.locate("button", has_text="Start afresh").click()
    assert panel.review() == {}


def test_a_text_that_is_the_captioners_again_is_no_text_by_hand(panel: Panel) -> None:
    panel.draw(state_of(many()))
    for text in ("mine", "mira_v1 woman, upper body, smiling, white background"):
        panel.row(0).locator(".likeness-caption").click()
        panel.locate("textarea").fill(text)
        panel.press("Control+Enter")
    assert panel.review() == {}


def test_an_applied_text_by_hand_goes_back_to_the_captioners(panel: Panel) -> None:
    kept = {"captions": {picture_id(0): "mine"}, "sources": {}, "source": 0, "appearance": {}}
    applied = row(0, "mine", "mine", author="hand", edited=True, texts=["mira_v1 woman, hat"])
    panel.draw(state_of([applied], review=json.dumps(kept, separators=(",", ":"))))
    assert "queue again" not in panel.head()
    panel.row(0).locator("button", has_text="Back").click()
    assert panel.caption(0) == "mira_v1 woman, hat"
    assert "queue again" in panel.head()


def test_looks_are_decided_row_by_row(panel: Panel) -> None:
    panel.draw(state_of(many()))
    panel.open("appearance")
    hair = panel.locate('[role=group][aria-label="hair"] button')
    hair.nth(1).click()
    panel.locate('[role=group][aria-label="glasses"] button').nth(2).click()
    assert panel.review()["appearance"] == {"glasses": "describe", "hair": "omit"}
    assert hair.nth(1).get_attribute("aria-pressed") == "true"
    assert "queue again" in panel.head()
    hair.nth(0).click()
    assert panel.review()["appearance"] == {"glasses": "describe"}
    for _ in range(3):
        panel.undo()
    assert panel.review() == {}


def test_captioners_are_compared_and_chosen_for_one_picture_or_all(panel: Panel) -> None:
    panel.draw(state_of(compared(), sources=["WD14 tags", "JoyCaption", "notes"]))
    panel.row(1).locator(".likeness-caption-thumb").click()
    cards = panel.locate(".likeness-compare:visible .likeness-card")
    assert cards.count() == 3
    assert cards.nth(0).get_attribute("class") == "likeness-card likeness-used"
    cards.nth(1).locator("button", has_text="Use this").click()
    assert panel.review()["sources"] == {picture_id(1): 1}
    assert panel.caption(1) == "mira_v1, a woman stands in the light"
    assert panel.row(1).locator(".likeness-author").text_content() == "JoyCaption"
    cards.nth(2).locator("button", has_text="Use notes everywhere").click()
    assert panel.review()["source"] == 2
    assert panel.review()["sources"] == {}
    assert [panel.caption(number) for number in (0, 1)] == ["third", "third"]
    assert panel.captions()[5].startswith("mira_v1 woman")  # where it said nothing, the first speaks
    panel.undo()
    panel.undo()
    assert panel.review() == {}
    panel.row(1).focus()
    panel.press("c")
    assert cards.count() == 0


def test_what_one_wrote_stays_when_another_captioner_speaks_everywhere(panel: Panel) -> None:
    panel.draw(state_of(compared(), sources=["WD14 tags", "JoyCaption", "notes"]))
    panel.row(0).locator(".likeness-caption").click()
    panel.locate("textarea").fill("mine")
    panel.press("Control+Enter", "c")
    panel.locate(".likeness-compare:visible button", has_text="Use JoyCaption everywhere").click()
    assert panel.captions()[:2] == ["mine", "mira_v1, a woman stands in the light"]
    panel.locate(".likeness-compare:visible button", has_text="Use this").first.click()
    assert panel.review()["captions"] == {}
    assert panel.captions()[0].startswith("mira_v1 woman")


def test_what_another_version_tells_is_refused_in_words_and_breaks_nothing(panel: Panel) -> None:
    state = state_of(compared()[:3], sources=["WD14 tags", "JoyCaption", "notes"])
    panel.draw(state)
    assert faults_of(panel.page, "captionsPanel", "likeness_captions", state) == []
    assert len(panel.captions()) == 3


def test_hostile_words_show_as_words(panel: Panel) -> None:
    bad = '<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>'
    finding = {"check": "caption_looks", "level": "error", "text": bad}
    one = row(0, bad, bad, name=bad, findings=[finding], texts=[bad, bad])
    fragment = {"text": bad, "count": 1, "slot": "sentence", "rows": [0]}
    look = {"row": "hair", "title": bad, "choice": "rules", "note": bad}
    panel.draw(
        state_of([one], sources=[bad, bad], trigger="<b>", findings=[finding], fragments=[fragment], appearance=[look])
    )
    panel.open("fragments")
    panel.locate(".likeness-fragment button:visible", has_text="Strip").click()
    panel.row(0).focus()
    panel.press("c", "Enter")
    panel.press("Control+Enter")
    assert panel.locate("script, img[src='x']").count() == 0
    assert panel.page.evaluate("() => window.hurt") is None
    assert bad in panel.row(0).text_content()


def test_decisions_are_kept_in_one_spelling(panel: Panel) -> None:
    spelled = (
        f'{{"captions":{{"{picture_id(1)}":"b","{picture_id(2)}#2":""}},"sources":{{"{picture_id(3)}":1}},'
        '"source":2,"appearance":{"eyes":"describe","hair":"omit"}}'
    )
    mixed = json.dumps({key: dict(reversed(value.items())) if isinstance(value, dict) else value
                        for key, value in reversed(json.loads(spelled).items())})  # fmt: skip
    for text in (spelled, mixed):
        assert panel.page.evaluate(_READ, text) == spelled
    assert panel.page.evaluate(_READ, '{"captions":{},"sources":{},"source":0,"appearance":{}}') == ""


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "null", "7", '{"captions":[]}', '{"captions":{"x":"y"}}', '{"source":-1}', '{"source":4}',
        '{"source":true}', '{"source":"1"}', '{"appearance":{"hair":"rules"}}', '{"appearance":{"<b>":"omit"}}',
        f'{{"captions":{{"{picture_id(1)}":7}}}}', f'{{"captions":{{"{picture_id(1)}":"a\\nb"}}}}',
        f'{{"captions":{{"{picture_id(1)}":"{"a" * 20_001}"}}}}', f'{{"sources":{{"{picture_id(1)}":1.5}}}}',
        '{"__proto__":{"source":1}}',
    ],
)  # fmt: skip
def test_what_is_malformed_is_no_decision(panel: Panel, text: str) -> None:
    assert panel.page.evaluate(_READ, text) == ""
    panel.draw(state_of(many(3)), kept=text)
    assert "queue again" in panel.head()
    panel.locate("button", has_text="Start afresh").click()
    assert panel.page.evaluate("() => captionsKept") == ""


def test_a_node_that_has_not_run_says_what_to_do(panel: Panel) -> None:
    panel.page.evaluate(MOUNT, {"state": None, "kept": ""})
    assert panel.head() == "Not run yet: captions and what changed in them show here."
    assert panel.locate(".likeness-caption-table").is_hidden()
    assert panel.locate("button", has_text="Start afresh").is_hidden()
    panel.page.evaluate(MOUNT, {"state": None, "kept": "what the node refuses"})
    assert "cannot be read" in panel.locate(".likeness-refusal:visible").inner_text()
    panel.locate("button", has_text="Start afresh").click()
    assert panel.page.evaluate("() => captionsKept") == ""


def test_warnings_and_what_was_written_are_said_above_the_table(panel: Panel) -> None:
    panel.draw(state_of(many(3), saved="3 .txt files written.", more=7))
    panel.page.evaluate(
        "() => captionsPanel.executed({ likeness_captions: [captionsPanel.state], warning: ['Not so.'] })"
    )
    notes = panel.locate(".likeness-check-notes").inner_text().split("\n")
    assert notes[0] == "Not so."
    assert notes[-2:] == ["7 more pictures, not listed here.", "3 .txt files written."]
    assert panel.head().startswith("10 captions")


def test_two_hundred_captions_stay_smooth(panel: Panel) -> None:
    """The quickest of several: what else the machine does is not the panel's fault."""
    panel.draw(state_of(many(200)))
    seconds = panel.page.evaluate(_TIMES)
    assert seconds["draw"] < 1.0, seconds
    assert max(seconds["edit"], seconds["bulk"], seconds["filter"]) < 0.1, seconds


@pytest.mark.slow
def test_two_hundred_captions_scroll_without_a_long_frame(panel: Panel) -> None:
    """The longest frame of the best run, for the same reason."""
    panel.draw(state_of(many(200)))
    panel.page.evaluate(_PICTURES)
    longest = [panel.page.evaluate(_SCROLL)]
    while longest[-1] >= 50 and len(longest) < 12:
        longest.append(panel.page.evaluate(_SCROLL))
    assert min(longest) < 50, longest
    assert panel.page.evaluate("() => document.querySelectorAll('.likeness-caption-thumb img').length") == 200


_READ = """async (text) => {
    const { CaptionReview } = await import('/extensions/likeness/captions/caption_review.js');
    return new CaptionReview(text).text();
}"""

_TIMES = """() => {
    const panel = captionsPanel;
    const time = (work) => {
        const start = performance.now(); work(); panel.element.offsetHeight; return (performance.now() - start) / 1000;
    };
    const quickest = (work) => Math.min(...[0, 1, 2, 3, 4].map((turn) => time(() => work(turn))));
    const { rows } = panel.state;
    const all = (text) => new Map(rows.map(({ id }) => [id, text]));
    return {
        draw: quickest(() => panel.draw(panel.state)),
        edit: quickest((turn) => panel.edit(new Map([[rows[turn].id, `edit ${turn}`]]), 'x')),
        bulk: quickest((turn) => panel.edit(all(`a, b, c, turn ${turn}`), 'x')),
        filter: quickest((turn) => { panel.filters.text.value = ['up', ''][turn % 2]; panel.filter(); }),
    };
}"""

_PICTURES = """async () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 256;
    const brush = canvas.getContext('2d');
    for (const row of captionsPanel.state.rows) {
        brush.fillStyle = `hsl(${Math.random() * 360} 40% 50%)`;
        brush.fillRect(0, 0, 256, 256);
        row.view.filename = canvas.toDataURL('image/png');
    }
    captionsPanel.draw(captionsPanel.state);
}"""

_SCROLL = """() => new Promise((done) => {
    const table = captionsPanel.table.element;
    table.scrollTop = 0;
    let last = null, longest = 0;
    const step = (now) => {
        if (last !== null) longest = Math.max(longest, now - last);
        last = now;
        table.scrollTop += 60;
        if (table.scrollTop + table.clientHeight >= table.scrollHeight - 1) return done(longest);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""
