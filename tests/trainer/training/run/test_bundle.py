"""What a bundle holds, and what it never holds."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.errors import RunError
from trainer.recipe.recipe import Recipe
from trainer.training.run.bundle import Bundle, bundle_of
from trainer.training.run.bundle_parts import Asked
from trainer.training.run.events import Sampled, Unwatched
from trainer.training.run.last_error import FILE, errors_kept, last_error

from ...dataset.pictures import put, read_dataset
from .made_run import make_run, stepped, whole_story

NAMES = st.text("bcdfghjklmnpqrstvwxz", min_size=7, max_size=12)


def unzipped(bundle: Bundle) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(bundle.zipped())) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


@given(user=NAMES, run=NAMES, folder=NAMES, picture=NAMES, host=NAMES, secret=NAMES, word=NAMES)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_of_a_bundle_names_whose_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    user: str,
    run: str,
    folder: str,
    picture: str,
    host: str,
    secret: str,
    word: str,
) -> None:
    home = tmp_path_factory.mktemp("disk") / user
    place = home / "Comfy UI" / "output" / run
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"HOME": str(home), "USERPROFILE": str(home), "A_TOKEN": secret}.items():
            patch.setenv(name, value)
        patch.setattr("getpass.getuser", lambda: user)
        patch.setattr("socket.gethostname", lambda: host)
        put(home / folder / f"{picture}.png", 3, caption=f"{word}, a person at sea")
        dataset = read_dataset(home / folder, trigger=word)
        windows = str(place).replace("/", "\\")
        said = f"{home / folder}/{picture}.png, {quote(str(place))} and {windows}: {secret} on {host}"
        events = [*whole_story(place, [f"{picture}.png"] * 3), Unwatched(step=4, why=said)]
        events.append(Sampled(step=4, paths=(place / "samples" / "a.png",), skipped=said))
        make_run(place, dataset=dataset, base=home / "models" / f"{user}_mix.safetensors", events=events)
        with pytest.raises(RuntimeError), errors_kept(place):
            raise RuntimeError(f"{said} ({user})")
        files = unzipped(bundle_of(place, plan={"lost": {f"{picture}.png": 0.1}, "unused": [said]}))
    assert set(files) == {"README.txt", "plan.json", *_ALWAYS, FILE}
    for name, text in files.items():
        for own in (user, run, folder, picture, host, secret, word):
            assert own not in text.casefold(), (name, own)


_ALWAYS = ("recipe.json", "dataset.json", "base.json", "events.jsonl", "versions.json")


def test_pictures_have_their_size_and_numbers_and_captions_are_counted(tmp_path: Path) -> None:
    recipe = replace(Recipe(), output=replace(Recipe().output, samples=("{trigger} on a red sofa",)))
    make_run(tmp_path / "sage", recipe=recipe, events=whole_story(tmp_path / "sage"))
    files = unzipped(bundle_of(tmp_path / "sage"))
    rows = json.loads(files["dataset.json"])["pictures"]
    assert [row["number"] for row in rows] == [1, 2, 3] and rows[0]["size"] == [12, 8]
    assert rows[0]["captions"] == ["3 words, 14 letters"]
    assert json.loads(files["recipe.json"])["output"]["samples"] == ["left out, 5 words, 23 letters"]
    watched = next(
        row for row in map(json.loads, files["events.jsonl"].splitlines()) if row["event"] == "pictureswatched"
    )
    assert watched["names"] == ["picture-1", "picture-2", "picture-3"]
    assert json.loads(files["base.json"])["files"] == {"checkpoint": "base.safetensors"}
    assert "recipe.json" in files["README.txt"] and "Captions and prompts are only counted" in files["README.txt"]


def test_names_and_captions_are_in_it_where_they_are_asked_for(tmp_path: Path) -> None:
    make_run(tmp_path / "wrenna", events=whole_story(tmp_path / "wrenna"))
    files = unzipped(bundle_of(tmp_path / "wrenna", Asked(names=True, captions=True)))
    data = json.loads(files["dataset.json"])
    assert (data["trigger"], data["pictures"][1]["name"]) == ("sage", "1.png")
    assert data["pictures"][1]["captions"] == ["sage, number 1"]
    assert "as was asked" in files["README.txt"]


def test_very_many_steps_are_thinned_with_the_last_among_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "sage")
    text = "".join(json.dumps({"event": "stepped", **vars(stepped(step, 5000))}) + "\n" for step in range(1, 5001))
    run.log.write_text(text)
    rows = [json.loads(line) for line in unzipped(bundle_of(run.path))["events.jsonl"].splitlines()]
    assert len(rows) <= 2001 and rows[-1]["step"] == 5000


def test_it_is_written_whole_and_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    make_run(tmp_path / "sage", events=whole_story(tmp_path / "sage"))
    first = bundle_of(tmp_path / "sage").save(tmp_path / "a.zip")
    assert first.read_bytes() == bundle_of(tmp_path / "sage").zipped()
    assert list(tmp_path.glob("*.part")) == []
    told = {part["name"]: part["bytes"] for part in bundle_of(tmp_path / "sage").contents}
    assert told["events.jsonl"] == len(unzipped(bundle_of(tmp_path / "sage"))["events.jsonl"].encode())


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        bundle_of(tmp_path)


def test_the_last_error_is_kept_with_its_place_in_the_code_until_the_run_ends(tmp_path: Path) -> None:
    with pytest.raises(RunError), errors_kept(tmp_path):
        raise RunError(f"{tmp_path}/x.png is gone.")
    told = last_error(tmp_path)
    assert told is not None and (told["kind"], told["said"], told["expected"]) == ("RunError", "./x.png is gone.", True)
    assert told["where"][-1].startswith("tests/trainer/training/run/test_bundle.py:")
    with errors_kept(tmp_path):
        pass
    assert last_error(tmp_path) is None
