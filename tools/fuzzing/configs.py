"""Other trainers' settings, changed: pasted text and files of the input folder, and what a bomb looks like."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from . import values

BOMBS = (
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]\n",
    "a: &a\n  b: *a\n",
    "<<: *x\n",
    "a: !!python/object/apply:os.system ['touch @OUT@/yaml']\n",
    "!!python/name:os.system\n",
    "a: !!binary " + "A" * 4000,
    "? [a, b]\n: 1\n",
    "? {a: 1}\n: 1\n",
    "a: 2026-13-45\n",
    "a: 0o777777777777777777777777\n",
    "a: 1:2:3:4:5:6:7\n",
    "[" * 5000,
    "{" * 5000,
    "- " * 5000,
    "a:\n" + "".join(" " * n + "b:\n" for n in range(400)),
    "a = [" * 1000,
    "a" + ".a" * 5000 + " = 1",
    "[" + "a." * 3000 + "b]\n",
    "rank = " + "9" * 5000,
    "learning_rate = 1e99999",
    "learning_rate = nan",
    "lr: .inf",
    '{"steps": ' + "9" * 4400 + "}",
    '{"a":' * 20_000,
    '{"a": NaN, "b": Infinity}',
    "accelerate launch train_network.py " + "--a " * 9000,
    "accelerate launch sdxl_train_network.py --network_dim=" + "9" * 5000,
    'accelerate launch x.py "' + "a" * 50_000,
    "export X=$(id)\naccelerate launch train.py --x='",
    "MODEL_TYPE=lora\n" + "A=$A$A\n" * 60,
    "\ufeff{}",
    "\0",
    "---\n---\n",
    "%YAML 9.9\n---\na: 1\n",
    "a: |" + "\n " * 9000,
    "a: 'x",
    '"""',
    "a = '''",
    "a = 1\na = 2\n",
    "[a]\n[a]\n",
    "a: [1, 2\n",
    "@" * 9000,
    "a: " + "(" * 20_000,
    "x=" * 20_000,
    "#" * 100_000,
    " \\\n" * 20_000,
)
NAMES = ("x.toml", "x.yaml", "x.json", "x.sh", "x.bat", "x.env", "x.yml")


def seeds() -> dict[str, str]:
    """Settings that are read well, one of each format and some as their trainers' guides have them."""
    from tests.trainer.exchange import settings
    from trainer.exchange.formats import FORMATS, export_recipe
    from trainer.recipe.presets import PRESETS

    recipes = {name: PRESETS[name].recipe for name in list(PRESETS)[:3]}
    made = {
        f"{kind} of {name}": export_recipe(recipe, kind).text for kind in FORMATS for name, recipe in recipes.items()
    }
    found = {name: value for name, value in vars(settings).items() if isinstance(value, str) and len(value) > 200}
    return {**made, **found}


def settings_texts(good: dict[str, str]) -> st.SearchStrategy[tuple[str, str]]:
    """A settings text and the name that it is saved by, "" where it is pasted."""
    readable = {name: data for name, text in good.items() if (data := _values(text)) is not None}

    @st.composite
    def made(draw: Callable[..., Any]) -> tuple[str, str]:
        file = draw(st.sampled_from(["", "", "", *NAMES]))
        match draw(st.integers(0, 9)):
            case 0:
                text = draw(st.sampled_from(BOMBS))
            case 1:
                text = draw(st.sampled_from(BOMBS)) + draw(st.sampled_from(sorted(good.values())))
            case 2 | 3 | 4:
                text = draw(values.broken_text(draw(st.sampled_from(sorted(good.values())))))
            case _:
                name = draw(st.sampled_from(sorted(readable)))
                text = _written(draw(values.json_text(readable[name])), name)
        return text, file

    return made()


def _values(text: str) -> Any:
    import tomllib

    import yaml

    for read in (json.loads, tomllib.loads, yaml.safe_load):
        try:
            data = read(text)
        except Exception:  # noqa: BLE001, S112
            continue
        if isinstance(data, dict):
            return json.loads(json.dumps(data, default=str))
    return None


def _written(text: str, name: str) -> str:
    """The changed document in the format that it came in, where that can say it."""
    import tomli_w
    import yaml

    try:
        data = json.loads(text)
        if "YAML" in name:
            return yaml.safe_dump(data)
        return tomli_w.dumps(data) if "TOML" in name else text
    except Exception:  # noqa: BLE001
        return text
