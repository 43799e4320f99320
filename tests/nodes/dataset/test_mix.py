"""Mix datasets: shares out of text, refused before the queue when they cannot be read."""

from collections.abc import Callable
from typing import Any

import pytest

from ..fake_host import FakeHost
from ..pictures import write_folder

Pack = Callable[[str], Any]


@pytest.fixture
def dataset(pack: Pack, fake_host: FakeHost) -> Any:
    write_folder(fake_host.home / "input" / "who")
    return pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")


@pytest.mark.parametrize("text", ["", "60", "60/", "a/b", "-1/2", "0/100", "1e9/1", "/".join("1" * 11), "nan/1"])
def test_other_shares_are_refused(pack: Pack, text: str) -> None:
    assert pack("nodes.dataset.mix").MixDatasets.validate_inputs(text) is not True


def test_mixed_datasets_have_the_shares_asked_for(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    write_folder(fake_host.home / "input" / "renders", count=8)
    other = pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "renders")
    made = pack("nodes.dataset.mix").MixDatasets.execute(
        shares="60/40", datasets={"dataset_0": dataset, "dataset_1": other}
    )
    shown = [sample.repeats for sample in made.args[0].samples]
    assert abs(sum(shown[:4]) / sum(shown) - 0.6) <= 0.03
    assert "of training" in made.ui["text"][0]


def test_as_many_shares_as_datasets_are_wanted(pack: Pack, dataset: Any) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match="2 datasets are wired"):
        pack("nodes.dataset.mix").MixDatasets.execute(shares="5/3/2", datasets={"a": dataset, "b": dataset})
