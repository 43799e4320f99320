"""What a model is told of guidance: a number beside the words, or KSampler's cfg."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

Pack = Callable[[str], Any]


def model(**config: Any) -> Any:
    return SimpleNamespace(model=SimpleNamespace(model_config=SimpleNamespace(unet_config=config)))


@pytest.mark.parametrize(
    ("config", "cfg", "told"),
    [
        ({"image_model": "flux", "guidance_embed": True}, 1.0, 3.5),
        ({"image_model": "flux", "guidance_embed": False}, 1.0, None),
        ({"image_model": "flux2", "guidance_embed": False}, 3.5, None),
        ({"model_channels": 320}, 3.5, None),
    ],
)
def test_distilled_models_are_asked_once(pack: Pack, config: dict[str, Any], cfg: float, told: float | None) -> None:
    assert pack("nodes.host.guidance").guided(model(**config), 3.5) == (cfg, told)


def test_the_number_goes_with_the_words_as_flux_guidance_puts_it(pack: Pack) -> None:
    way = pack("nodes.host.guidance").guided(model(guidance_embed=True), 2.0)
    pair = [[["text", {"pooled_output": 1}]], [["none", {}]]]
    assert way.told_to(pair) == [[["text", {"pooled_output": 1, "guidance": 2.0}]], [["none", {"guidance": 2.0}]]]
    assert pack("nodes.host.guidance").guided(object(), 2.0).told_to(pair) == pair
