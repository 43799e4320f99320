"""What the page is told of a comparison."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.trainer.scoring.reported import reported

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


def _report(pack: Pack, host: FakeHost, **other: Any) -> tuple[Any, Path]:
    out = host.home / "output" / "likeness" / "sage" / "report"
    made = reported(out, **other)
    return pack("trainer.scoring.report.report").Report.from_json(made), out


def test_columns_measures_and_pictures_are_told_as_plain_json(pack: Pack, fake_host: FakeHost) -> None:
    report, out = _report(pack, fake_host)
    said = json.loads(json.dumps(pack("nodes.panel.comparison").comparison_view(report, out, "Step 100")))
    assert (said["chosen"], said["tied"], said["pick"]) == ("Step 200", ["Step 100", "Step 200"], "Step 100")
    assert [each["name"] for each in said["measures"]] == ["identity", "leak", "zest_of_style"]
    assert said["main"] == ["identity", "leak"]
    tones = [(each["label"], each["tone"], each["verdict"]) for each in said["columns"]]
    assert tones[0] == ("No LoRA", "control", "control") and tones[3] == ("Step 300", "flagged", "over-trained")
    assert said["columns"][2]["measures"]["identity"] == [0.5, 0.4, 0.6]
    assert said["columns"][2]["measures"]["following"] is None
    assert len(said["rows"]) == 6 and [row["main"] for row in said["rows"]] == [True] * 3 + [False] * 3
    assert len(said["references"]) == 1 and said["page"] is None


def test_pictures_are_small_in_the_temp_folder_and_whole_where_they_lie(pack: Pack, fake_host: FakeHost) -> None:
    report, out = _report(pack, fake_host)
    picture = pack("nodes.panel.comparison").comparison_view(report, out)["rows"][0]["pictures"][1]
    assert picture["full"] == {"filename": "1.png", "subfolder": "likeness/sage/report/pictures", "type": "output"}
    small = picture["small"]
    assert small["type"] == "temp" and (fake_host.home / "temp" / small["subfolder"] / small["filename"]).is_file()


def test_a_picture_that_is_gone_or_lies_elsewhere_is_left_out(pack: Pack, fake_host: FakeHost) -> None:
    report, out = _report(pack, fake_host, references=["../../../secret.png"])
    (out / "pictures" / "1.png").unlink()
    said = pack("nodes.panel.comparison").comparison_view(report, out)
    assert said["rows"][0]["pictures"][1] is None and said["rows"][0]["pictures"][2] is not None
    assert said["references"] == []


def test_the_live_grid_fills_as_pictures_come(pack: Pack, fake_host: FakeHost) -> None:
    report, out = _report(pack, fake_host)
    live = pack("nodes.panel.comparison").LiveGrid(report.plan, ["No LoRA", "Step 100"], out)
    live.add("No LoRA", (0, 1), "pictures/0.png")
    live.add("Step 100", (0, 2), "pictures/1.png")
    live.add("Somebody", (0, 1), "pictures/1.png")
    said = json.loads(json.dumps(live.state()))
    assert said["columns"] == ["No LoRA", "Step 100"]
    assert [row["prompt"] for row in said["rows"]] == [probe.prompt for probe in report.plan.probes]
    shown = [bool(view) for row in said["rows"] for view in row["pictures"]]
    assert shown == [True, False, False, False, False, False]
