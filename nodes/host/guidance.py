"""How strongly a model is to follow the words: by drawing twice, or by a number that it was distilled to read."""

from typing import Any, NamedTuple


class Guided(NamedTuple):
    """`cfg` is KSampler's; `told` goes with the words, as FluxGuidance puts it there, None where it means nothing."""

    cfg: float
    told: float | None = None

    def told_to(self, pair: list[Any]) -> list[Any]:
        """Both conditionings with the number."""
        if self.told is None:
            return pair
        return [[[text, {**extra, "guidance": self.told}] for text, extra in each] for each in pair]


def guided(model: Any, guidance: float) -> Guided:
    """For a MODEL of the host and a shot's guidance; FLUX.1 that reads no number is asked once."""
    settings = getattr(getattr(model, "model", None), "model_config", None)
    config = getattr(settings, "unet_config", {})
    if config.get("guidance_embed"):
        return Guided(cfg=1.0, told=guidance)
    return Guided(cfg=1.0 if config.get("image_model") == "flux" else guidance)
