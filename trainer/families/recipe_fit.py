"""Whether a recipe's settings mean anything to a family."""

from collections.abc import Iterator
from dataclasses import replace

from ..errors import RecipeError
from ..recipe.flow import Flow
from ..recipe.memory import Memory
from ..recipe.recipe import Recipe
from .spec import FamilySpec


def check_recipe(spec: FamilySpec, recipe: Recipe) -> None:
    """RecipeError that names every setting that the family has no use for."""
    faults = list(_faults(spec, recipe))
    if faults:
        raise RecipeError.all_of(faults)


def _faults(spec: FamilySpec, recipe: Recipe) -> Iterator[str]:
    title, targets, text = spec.title, recipe.lora.targets, recipe.text
    if targets not in spec.targets:
        usable = ", ".join(map(repr, spec.targets))
        yield f"targets is {targets!r}, which {title} has not; use one of {usable}."
    if text.encoder_lr and not spec.trains_text:
        yield f"text_encoder_lr is {text.encoder_lr}, but the text encoders of {title} are not trained; set it to 0."
    if recipe.buckets.step % spec.latent_factor:
        yield f"bucket step is {recipe.buckets.step}, but {title} takes sides in multiples of {spec.latent_factor}."
    yield from _memory_faults(spec, recipe)
    if not spec.weighs_snr:
        yield from _noise_faults(spec, recipe)
    elif replace(recipe.flow, assistant_training=1.0, assistant_samples=0.0) != Flow():
        yield f"The settings of flow (time sampling, guidance) are not for {title}; leave them as they are."


def _noise_faults(spec: FamilySpec, recipe: Recipe) -> Iterator[str]:
    """What a base that predicts flow has no use for."""
    title, loss, clip_skip = spec.title, recipe.loss, recipe.text.clip_skip
    if clip_skip > 1:
        yield f"clip_skip is {clip_skip}, which {title} has not; set it to 1."
    if loss.min_snr_gamma:
        yield (
            f"min_snr_gamma is {loss.min_snr_gamma:g}, which is for bases that predict noise; set it to 0 for "
            f"{title}, or choose one of its presets."
        )
    if loss.debiased:
        yield f"debiased is on, which is for bases that predict noise; switch it off for {title}."
    if loss.noise_offset:
        yield f"noise_offset is {loss.noise_offset:g}, which {title}'s objective has no use for; set it to 0."
    if spec.guidance != "embedded" and (recipe.flow.contrastive or recipe.flow.guidance != 1):
        yield (
            f"guidance is {recipe.flow.guidance:g} and contrastive guidance {recipe.flow.contrastive:g}, but "
            f"{title} has no guidance to be told; set them to 1 and 0."
        )


def _memory_faults(spec: FamilySpec, recipe: Recipe) -> Iterator[str]:
    title, memory, usual, modulation = spec.title, recipe.memory, Memory(), spec.modulation
    if not spec.blocks:
        names = ("quantization", "text_quantization", "swapped_blocks", "checkpointed_blocks", "offload_activations")
        for name in names:
            value = getattr(memory, name)
            if value != getattr(usual, name):
                yield f"{name} is {value!r}, which {title} is not trained with; set it to {getattr(usual, name)!r}."
    if memory.precompute_modulation and modulation is None:
        yield f"precompute_modulation is on, but {title} has no such layers worth leaving off the GPU; switch it off."
    elif memory.precompute_modulation and modulation is not None and recipe.lora.targets in modulation.targets:
        others = ", ".join(repr(name) for name in spec.targets if name not in modulation.targets)
        yield (
            f"precompute_modulation is on, but with targets {recipe.lora.targets!r} those layers learn; use targets "
            f"{others}, or switch it off."
        )
