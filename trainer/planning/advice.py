"""What is unwise about a run, each with what would be better. Nothing here is refused."""

import re
from collections.abc import Iterator, Sequence

from ..dataset.step_budget import StepBudget
from ..families.base import ASSISTANT, Base
from ..families.registry import spec_of
from ..recipe.recipe import Recipe
from ..training.job import Job
from .passes import USUAL, judged, steps_for
from .table import MUCH, Bucket, Cut

_DISTILLED = re.compile(r"turbo|lightning|hyper|lcm|dmd2?|flash|distill", re.IGNORECASE)
_VELOCITY = re.compile(r"v[-_ ]?pred", re.IGNORECASE)
_NAMED = 3
_TINY = 256
"""Below this many pixels a run is a trial of the machinery."""


def advice(job: Job, budget: StepBudget, buckets: Sequence[Bucket], predicts: str) -> tuple[str, ...]:
    """One sentence each, what matters most first; `predicts` is what the base does."""
    return (
        *_of_prediction(job.base, predicts),
        *_of_base(job.base, job.recipe),
        *_of_passes(budget),
        *_of_others(job),
        *_of_pictures(job, buckets),
        *_of_numbers(job),
        *_of_early_stop(job),
    )


def _of_prediction(base: Base, predicts: str) -> Iterator[str]:
    if predicts == "epsilon" and not base.predicts and _VELOCITY.search(base.name):
        yield (
            f"{base.name} looks by its name like a base that predicts v_prediction, but nothing in it says so. Say "
            "what it predicts, or it learns to draw noise."
        )


def _of_base(base: Base, recipe: Recipe) -> Iterator[str]:
    spec, side = spec_of(base), recipe.buckets.resolution
    if ASSISTANT not in base.files and (spec.is_distilled or _DISTILLED.search(base.name)):
        looks = "is" if spec.is_distilled else "looks like"
        yield (
            f"{base.name} {looks} a distilled base, which training pulls back to many steps. Train on the base it "
            "was made from, and draw with the distilled one; or give it its assistant LoRA."
        )
    if recipe.text.clip_skip > 1 and not spec.reads_clip_skip:
        yield f"clip_skip {recipe.text.clip_skip} changes nothing: {spec.title} always reads the layer before the last."
    low, high = spec.usual_sides
    if side > high:
        yield f"{side} px is above what {spec.title} was made for; {low} to {high} is usual."
    if _TINY <= side < low:
        yield f"{side} px is below what {spec.title} was made for: good for a look, not for use."


def _of_passes(budget: StepBudget) -> Iterator[str]:
    if budget.caution:
        yield budget.caution
    low, high = USUAL
    judgement = judged(budget).judgement
    if judgement == "usual":
        return
    word, wanted = ("few", low) if judgement == "few" else ("many", high)
    steps = steps_for(budget, wanted)
    if steps != budget.updates:
        yield f"{budget.passes:.0f} passes a picture are {word}. {steps} steps would be {wanted}."


def _of_others(job: Job) -> Iterator[str]:
    prior = job.recipe.prior
    if prior.images or prior.output_weight or job.regularisation is not None:
        return
    yield (
        f"Nothing keeps other people as they are, so every {job.dataset.subject} may turn into the character. "
        "prior_images (about as many as you train on) or output_preservation 1 would hold them."
    )


def _of_pictures(job: Job, buckets: Sequence[Bucket]) -> Iterator[str]:
    cuts = [cut for bucket in buckets for cut in bucket.cuts]
    small = [cut for cut in cuts if cut.is_scaled_up]
    if small:
        yield f"Smaller than their bucket, so pixels are invented: {_names(small)}. Use larger originals if there are."
    cropped = [cut for cut in cuts if cut.lost > MUCH]
    if cropped:
        yield f"More than {MUCH:.0%} is cut off: {_names(cropped)}. Crop to face or body gives usual shapes."
    bare = [cut for cut in cuts if not cut.sample.caption]
    if bare:
        yield f"Without a caption, trained as trigger and class word alone: {_names(bare)}. Describe what varies."
    if job.recipe.loss.masked and not any(cut.sample.masked for cut in cuts):
        yield "The loss is masked, but no picture has a mask. Load the dataset with its transparency as mask."
    short = [bucket for bucket in buckets if bucket.shown < job.recipe.schedule.batch]
    if short:
        sizes = ", ".join(f"{size[0]}×{size[1]}" for size in (bucket.size for bucket in short[:_NAMED]))
        yield f"Fewer pictures than a batch has: {sizes}. Their batches stay short; more repeats would fill them."
    if not job.dataset.held_out:
        yield "No picture is held out, so memorising cannot be seen in the curves. Hold out two or three."


def _of_numbers(job: Job) -> Iterator[str]:
    recipe = job.recipe
    if recipe.memory.precision == "bf16" and job.device == "cpu":
        yield "bf16 on a processor is slower than fp32 and less exact. Choose precision fp32."
    if recipe.memory.precision == "fp32" and job.device != "cpu":
        yield "fp32 needs twice the memory of bf16 on a GPU and is much slower. Choose precision bf16."
    if recipe.text.encoder_lr > recipe.optim.lr:
        yield "The text encoders learn faster than the UNet. A tenth of its rate is usual."
    if recipe.output.save_every > recipe.schedule.steps:
        yield "Only the last step is saved, so there is nothing to choose from. Lower save_every."
    if recipe.lora.alpha > 2 * recipe.lora.rank:
        scale = recipe.lora.alpha / recipe.lora.rank
        yield f"alpha is {scale:g} times the rank, which multiplies the learning rate's effect by it. Half is usual."


def _of_early_stop(job: Job) -> Iterator[str]:
    recipe = job.recipe
    patience, steps, every = recipe.early_stop.patience, recipe.schedule.steps, recipe.output.sample_every
    if not patience:
        return
    watched = max(0, (steps - 1) // every - recipe.schedule.warmup // every)
    if watched < patience:
        often = max(1, (steps - recipe.schedule.warmup) // (4 * patience))
        yield (
            f"patience {patience} can never end this run, as {_count(watched)} come between warm-up and the last step. "
            f"Lower patience, or sample_every to {often}."
        )
    if recipe.schedule.curve != "constant":
        yield (
            f"A run that stops early ends before its rate came down the {recipe.schedule.curve} curve. Schedule "
            "constant suits patience: there every checkpoint is as good an end as the last."
        )
    named = [each for each in recipe.output.samples if "{trigger}" in each or job.dataset.trigger in each]
    if len(named) == 1:
        yield (
            "Early stop watches one sample prompt, whose noise cannot be told from a rise. Three or more that name "
            "{trigger} could be."
        )


def _count(samplings: int) -> str:
    return f"{samplings} samplings" if samplings != 1 else "1 sampling"


def _names(cuts: Sequence[Cut]) -> str:
    every = list(dict.fromkeys(cut.sample.path.name for cut in cuts))
    names = every[:_NAMED]
    more = len(every) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
