"""The recipe node's widgets on a bare page: what they show, and what is saved."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page

LIST = "as the preset says"


@pytest.fixture
def node(page: Page) -> Iterator[Any]:
    page.page.evaluate(_NODE)
    page.complaints.clear()
    yield page.page
    page.page.wait_for_timeout(80)  # a question that is on its way belongs to this node
    assert page.ours() == []


def _shown(node: Any, renderer: str = "classic") -> dict[str, str]:
    return node.evaluate(f"() => seen.{renderer}()")


def _saved(node: Any) -> list[Any]:
    return node.evaluate(
        "() => { const data = { widgets_values: [] }; node.onSerialize(data); return data.widgets_values }"
    )


def _set(node: Any, name: str, value: Any) -> None:
    """As a hand does it: the value, then the callback."""
    node.evaluate("([name, value]) => set(name, value)", [name, value])


def _answered(node: Any) -> None:
    node.wait_for_function("() => answers.length > 0 && answers.every((answer) => answer.told)")
    node.wait_for_timeout(20)


def test_what_is_untouched_shows_the_presets_value_in_both_renderers_and_is_saved_as_it_was(node: Any) -> None:
    assert _shown(node) == {
        "preset": "A",
        "steps": "300, preset",
        "rank": "16, preset",
        "min_snr_gamma": "off, preset",
        "precision": "fp32, preset",
        "alpha": "16, preset",
        "sample_prompts": "one\ntwo",
    }
    assert _shown(node, "vue") == {
        "preset": "preset = A",
        "steps": "steps, preset = 300",
        "rank": "rank, preset = 16",
        "min_snr_gamma": "min_snr_gamma, off, preset = 0",
        "precision": "precision = fp32, preset",
        "alpha": "alpha, preset = 16",
        "sample_prompts": "sample_prompts, preset = one\ntwo",
    }
    assert _saved(node) == ["A", 0, 0, 0, -1, LIST, ""]


def test_what_a_run_is_given_is_what_is_saved(node: Any) -> None:
    assert node.evaluate("() => prompt()") == {
        "steps": 0,
        "rank": 0,
        "alpha": 0,
        "min_snr_gamma": -1,
        "sample_prompts": "",
    }
    _set(node, "steps", 40)
    assert node.evaluate("() => prompt()")["steps"] == 40


def test_another_preset_is_shown_at_once_and_keeps_what_was_told(node: Any) -> None:
    _set(node, "steps", 40)
    _set(node, "preset", "B")
    shown = _shown(node)
    assert (shown["steps"], shown["rank"], shown["precision"]) == ("40", "32, preset", "bf16, preset")
    assert shown["sample_prompts"] == "three"
    assert _saved(node) == ["B", 40, 0, 0, -1, LIST, ""]


def test_what_a_number_brings_along_is_asked_of_the_host(node: Any) -> None:
    _set(node, "rank", 64)
    _answered(node)
    assert node.evaluate("() => answers.map(({ asked }) => asked)") == [{"preset": "A", "values": {"rank": 64}}]
    assert (_shown(node)["rank"], _shown(node)["alpha"]) == ("64", "32, from rank")
    assert _saved(node) == ["A", 0, 64, 0, -1, LIST, ""]


def test_only_the_last_of_many_changes_is_asked(node: Any) -> None:
    node.evaluate("() => { for (let rank = 20; rank < 40; rank += 1) set('rank', rank) }")
    _answered(node)
    assert node.evaluate("() => answers.map(({ asked }) => asked.values.rank)") == [39]


def test_a_late_answer_to_an_older_question_is_not_shown(node: Any) -> None:
    node.evaluate("() => { window.slow = true }")
    _set(node, "rank", 64)
    node.wait_for_function("() => answers.length === 1")
    node.evaluate("() => { window.slow = false }")
    _set(node, "rank", 0)
    node.evaluate("() => answers[0].tell()")
    node.wait_for_timeout(50)
    assert _shown(node)["alpha"] == "16, preset"


@pytest.mark.parametrize(("name", "back"), [("steps", 0), ("min_snr_gamma", -1), ("min_snr_gamma", -0.5)])
def test_the_value_that_leaves_it_to_the_preset_goes_back_to_it(node: Any, name: str, back: float) -> None:
    before = _shown(node)[name]
    _set(node, name, 7)
    assert _shown(node)[name] == "7"
    _set(node, name, back)
    assert _shown(node)[name] == before
    assert _saved(node) == ["A", 0, 0, 0, -1, LIST, ""]


def test_a_told_zero_is_the_users_and_reads_as_a_word(node: Any) -> None:
    _set(node, "preset", "B")
    _set(node, "min_snr_gamma", 0)
    assert _shown(node)["min_snr_gamma"] == "off"
    assert _saved(node)[4] == 0


def test_an_emptied_text_stays_empty_under_the_hand_and_is_the_presets(node: Any) -> None:
    _set(node, "sample_prompts", "mine")
    _set(node, "sample_prompts", "")
    assert _shown(node)["sample_prompts"] == ""
    assert _saved(node)[6] == ""
    _set(node, "preset", "B")
    assert _shown(node)["sample_prompts"] == "three"


def test_a_list_shows_the_value_in_the_place_of_its_first_option(node: Any) -> None:
    options = (
        "() => widget('precision').options.values.map((value) => widget('precision').options.getOptionLabel(value))"
    )
    assert node.evaluate(options) == ["fp32, preset", "bf16", "fp32"]
    _set(node, "precision", "bf16")
    assert _shown(node)["precision"] == "bf16"
    assert node.evaluate(options)[0] == "preset"


def test_an_older_workflow_with_fewer_values_opens_in_its_own_order(node: Any) -> None:
    node.evaluate("() => node.configure({ widgets_values: ['B', 40, 0, 5] })")
    shown = _shown(node)
    assert (shown["preset"], shown["steps"], shown["rank"], shown["alpha"]) == ("B", "40", "32, preset", "5")
    assert (shown["min_snr_gamma"], shown["precision"]) == ("5, preset", "bf16, preset")
    assert _saved(node) == ["B", 40, 0, 5, -1, LIST, ""]


def test_groups_stand_together_under_their_headings(node: Any) -> None:
    assert node.evaluate("() => node.widgets.map(({ name }) => name.replace('likeness_group_', '# '))") == [
        *("preset", "steps", "rank", "# Loss", "min_snr_gamma", "# Rest", "alpha", "precision", "sample_prompts"),
        "likeness_panel",
    ]


def test_a_wired_widget_says_nothing_of_the_preset_and_is_not_asked_for(node: Any) -> None:
    _set(node, "steps", 40)
    node.evaluate("() => { node.inputs = [{ widget: { name: 'rank' }, link: 3 }]; node.onConnectionsChange() }")
    _answered(node)
    assert node.evaluate("() => answers.at(-1).asked.values") == {"steps": 40}
    assert _shown(node, "vue")["rank"].startswith("rank = ")
    assert _shown(node)["alpha"] == "16, unless by rank"


def test_a_wire_whose_number_is_in_sight_is_asked_for(node: Any) -> None:
    node.evaluate("() => { node.getInputNode = () => ({ widgets: [{ value: 48 }] }) }")
    node.evaluate("() => { node.inputs = [{ widget: { name: 'rank' }, link: 3 }]; node.onConnectionsChange() }")
    _answered(node)
    assert node.evaluate("() => answers.at(-1).asked.values") == {"rank": 48}
    assert _shown(node)["alpha"] == "24, from rank"


def test_a_number_that_was_told_and_happens_to_be_the_presets_stays_told(node: Any) -> None:
    node.evaluate("() => node.configure({ widgets_values: ['A', 300] })")
    assert _shown(node)["steps"] == "300"
    assert _saved(node)[1] == 300


def test_a_preset_that_is_not_known_shows_no_other_ones_numbers(node: Any) -> None:
    node.evaluate("() => node.configure({ widgets_values: ['From tomorrow', 40] })")
    assert _shown(node)["rank"] == "0"
    assert _saved(node) == ["From tomorrow", 40, 0, 0, -1, LIST, ""]


def test_the_menu_gives_everything_back_to_the_preset(node: Any) -> None:
    menu = "() => { const options = []; node.getExtraMenuOptions(null, options); return options.length }"
    assert node.evaluate(menu) == 0
    for name, value in {"steps": 40, "precision": "bf16", "sample_prompts": "mine"}.items():
        _set(node, name, value)
    node.evaluate("() => { const options = []; node.getExtraMenuOptions(null, options); options[0].callback() }")
    assert _saved(node) == ["A", 0, 0, 0, -1, LIST, ""]
    assert _shown(node)["sample_prompts"] == "one\ntwo"


def test_without_an_answer_of_the_host_the_node_stays_as_it_is_saved(page: Page) -> None:
    page.page.evaluate(_NODE.replace("const table = {", "const table = null && {"))
    saved = "() => node.widgets.filter(({ serialize }) => serialize !== false).map(({ value }) => value)"
    assert page.page.evaluate(saved) == ["A", 0, 0, 0, -1, LIST, ""]


def test_a_zero_that_is_no_amount_reads_as_a_word(page: Page) -> None:
    page.page.evaluate(_NODE)
    page.page.evaluate(
        "() => { window.node = bare('LikenessChooseCheckpoint', [['step', 0]]); app.extensions[0].nodeCreated(node) }"
    )
    assert page.page.evaluate("() => seen.classic().step") == "recommended"
    assert page.page.evaluate("() => seen.vue().step") == "step, recommended = 0"
    _set(page.page, "step", 7)
    assert page.page.evaluate("() => seen.vue().step") == "step = 7"


def test_a_base_shows_what_its_file_says_and_who_is_wired_to_it_its_preset(page: Page) -> None:
    page.page.evaluate(_NODE)
    page.page.evaluate(_BASES)
    page.page.wait_for_function("() => seen.vue().predicts === 'predicts = epsilon, from the file'")
    page.page.evaluate("() => { window.node = train }")
    assert page.page.evaluate("() => seen.vue().preset") == "preset = Guide, fits the base"
    assert page.page.evaluate("() => node.widgets[0].value") == "fitting"
    page.page.evaluate("() => { train.inputs[1].link = 4; train.onConnectionsChange() }")
    page.page.wait_for_function("() => seen.vue().preset === 'preset = the wired recipe'")
    _set(page.page, "preset", "Guide")
    assert page.page.evaluate("() => seen.vue().preset") == "preset = Guide, not used"


_BASES = """async () => {
    const asked = window.answer;
    window.answer = (path, question) => {
        if (path !== "/likeness/base") return asked(path, question);
        if (!question) return { file: "as the file says", fitting: "fitting", demo: "Demo" };
        return { predicts: "epsilon", preset: "Guide" };
    };
    const { loadBaseWords } = await import("/extensions/likeness/recipe/base_words.js");
    await loadBaseWords();
    const [extension] = app.extensions;
    const predicts = ["predicts", "as the file says", { values: ["as the file says", "epsilon"] }];
    window.node = bare("LikenessChooseBaseModel", [["model", "a.safetensors"], predicts]);
    window.train = bare("LikenessTrainCharacterLora", [["preset", "fitting", { values: ["fitting", "Guide"] }]]);
    Object.assign(train, { graph: {}, inputs: [{ name: "base", link: 3 }, { name: "recipe", link: null }] });
    train.getInputNode = () => node.comfyClass === "LikenessChooseBaseModel" ? node : window.base;
    window.base = node;
    for (const each of [node, train]) extension.nodeCreated(each);
}"""

_NODE = """async () => {
    const LIST = "as the preset says";
    const named = (list, value) => Object.fromEntries(list.map((each) => [each.name ?? each[0], value(each)]));
    const of = (values) => named(Object.entries(values), ([, value]) => ({ value, mark: "preset" }));
    const rest = ["alpha", "precision", "sample_prompts"];
    const same = { alpha: 16 };
    const table = {
        unset: { steps: 0, rank: 0, alpha: 0, min_snr_gamma: -1, precision: LIST, sample_prompts: "" },
        zero: { min_snr_gamma: "off" },
        brings: { alpha: ["rank"] },
        groups: [["", ["steps", "rank"]], ["Loss", ["min_snr_gamma"]], ["Rest", rest]],
        presets: {
            A: of({ ...same, steps: 300, rank: 16, min_snr_gamma: 0, precision: "fp32", sample_prompts: "one\\ntwo" }),
            B: of({ ...same, steps: 500, rank: 32, min_snr_gamma: 5, precision: "bf16", sample_prompts: "three" }),
        },
    };
    window.answers = [];
    window.answer = (path, asked) => {
        if (path !== "/likeness/recipe") return null;
        if (!asked) return table;
        return new Promise((tell) => {
            const question = JSON.parse(asked.body);
            const values = { ...table.presets[question.preset] };
            if (question.values.rank) values.alpha = { value: question.values.rank / 2, mark: "from rank" };
            for (const name of Object.keys(question.values)) delete values[name];
            const answer = { asked: question, told: false };
            answer.tell = () => { answer.told = true; tell({ values, fault: "" }); };
            answers.push(answer);
            if (!window.slow) answer.tell();
        });
    };
    class Widget {
        constructor(name, value, options = {}) { Object.assign(this, { name, value, options }); }
        get displayName() { return this.label || this.name; }
        get _displayValue() {
            return this.options.getOptionLabel ? this.options.getOptionLabel(this.value) : String(this.value);
        }
    }
    window.bare = (comfyClass, values) => ({
        comfyClass, inputs: [], size: [200, 100],
        widgets: values.map(([name, value, options]) => new Widget(name, value, options)),
        configure(info) {
            const own = this.widgets.filter((widget) => widget.serialize !== false);
            info.widgets_values.forEach((value, place) => { own[place].value = value; });
        },
        onSerialize(data) { data.widgets_values = this.widgets.map(({ value }) => value); },
        setSize(size) { this.size = size; },
        computeSize() { return this.size; },
        addDOMWidget(name, type, element, options) {
            const widget = new Widget(name, "", options);
            this.widgets.push(widget);
            return widget;
        },
    });
    window.node = bare("LikenessTrainingRecipe", [
        ["preset", "A", { values: ["A", "B"] }], ["steps", 0], ["rank", 0], ["alpha", 0], ["min_snr_gamma", -1],
        ["precision", LIST, { values: [LIST, "bf16", "fp32"] }], ["sample_prompts", ""],
    ]);
    window.widget = (name) => node.widgets.find((each) => each.name === name);
    window.set = (name, value) => { widget(name).value = value; widget(name).callback?.(value); };
    const own = () => node.widgets.filter((each) => each.serialize !== false);
    const label = ({ options, value }) => (options.getOptionLabel ? options.getOptionLabel(value) : value);
    const text = (each) => (each.name === "sample_prompts" ? each.value : each._displayValue);
    window.seen = {
        classic: () => Object.fromEntries(own().map((each) => [each.displayName, text(each)])),
        vue: () => named(own(), (each) => `${(each.label || each.name).trim()} = ${label(each)}`),
    };
    window.prompt = () => named(own().filter((each) => each.serializeValue), (each) => each.serializeValue());
    window.LiteGraph = { vueNodesMode: false };
    const { loadRecipes } = await import("/extensions/likeness/recipe/recipe_node.js");
    await loadRecipes();
    app.extensions[0].nodeCreated(node);
}"""
