"""Which of our families a MODEL of the host belongs to, by the host's own class for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...trainer.families.spec import FamilySpec


def model_family(model: Any) -> FamilySpec | None:
    """None for a model of a family that is not known here: it can be drawn with all the same."""
    from ...trainer.families.flux.spec import FLUX1, FLUX1_SCHNELL
    from ...trainer.families.flux2.spec import FLUX2_KLEIN
    from ...trainer.families.sd.spec import SD15, SDXL
    from ...trainer.families.z_image.spec import Z_IMAGE

    config = getattr(getattr(model, "model", None), "model_config", None)
    kinds = {kind.__name__ for kind in type(config).__mro__}
    if "Flux2" in kinds:
        return FLUX2_KLEIN
    if "Flux" in kinds:
        return FLUX1 if getattr(config, "unet_config", {}).get("guidance_embed") else FLUX1_SCHNELL
    known = {"ZImage": Z_IMAGE, "SDXL": SDXL, "SD15": SD15}
    return next((spec for name, spec in known.items() if name in kinds), None)
