"""The widgets of the Training recipe node, in the order that saved workflows hold their values.

New ones go to the end, optional, or an older workflow would open with its values moved.
"""

from collections.abc import Sequence
from typing import Any

from ...trainer.recipe.flow import TimeSampling
from ...trainer.recipe.lora import Kind, Targets
from ...trainer.recipe.loss import HuberSchedule, LossKind
from ...trainer.recipe.memory import CacheKind, Compile, Quantization
from ...trainer.recipe.optim import Curve, Optimizer
from ...trainer.recipe.output import SavePrecision
from ...trainer.recipe.presets import PRESETS
from .._api import io
from .field_widgets import TextWidget, Widget, choice, integer, number, numbers, switch
from .preset import DEMO


def recipe_inputs() -> list[Any]:
    return [_preset(), *(widget.input for widget in WIDGETS)]


def _preset() -> Any:
    return io.Combo.Input(
        "preset",
        options=[DEMO, *PRESETS],
        default=DEMO,
        tooltip=(
            "Demo suits the built-in base: minutes on a processor. The others are for real bases and need a GPU; the "
            "help page says when to take which, and where its numbers are from."
        ),
    )


def _seed() -> Widget:
    made = io.Int.Input(
        "seed",
        default=0,
        min=0,
        max=2**31 - 1,
        # The host would draw a new seed after every run, and a run is its seed too.
        control_after_generate=False,
        tooltip=(
            "Same seed, pictures, base and recipe: the same file (always on a processor). Seeds differ as much as "
            "most settings do, so try two before blaming a number."
        ),
    )
    return Widget("", "seed", None, made)


def _prompts() -> Widget:
    made = io.String.Input(
        "sample_prompts",
        default="",
        multiline=True,
        advanced=True,
        placeholder="{trigger}, {subject}, in a forest",
        tooltip=(
            "What to draw while training, one prompt a line; {trigger} and {subject} stand for the dataset's "
            "words. Empty: those of the preset. Leave out what the character looks like, or the picture proves nothing."
        ),
    )
    return TextWidget("output", "samples", "", made)


_FIRST = [
    integer(
        "steps",
        "schedule.steps",
        (
            "How long to train, in updates. Pictures shown are steps × batch × accumulation; about 100 passes over "
            "each picture is usual. More learns the face harder and forgets prompts sooner."
        ),
        most=100_000,
        optional=False,
    ),
    integer(
        "rank",
        "lora.rank",
        (
            "How much the LoRA can hold, and how large its file is. 16 to 32 for a face, 48 to 64 for a strong "
            "style; higher overfits sooner."
        ),
        most=256,
        optional=False,
    ),
    number(
        "learning_rate",
        "optim.lr",
        (
            "How large each step of learning is. 0.0001 is safe for SDXL and 0.0004 quick; the demo base needs "
            "0.003. Too high ruins pictures, too low never learns the face."
        ),
        unset=0.0,
        most=1.0,
        step=0.00001,
        optional=False,
    ),
    _seed(),
    number(
        "alpha",
        "lora.alpha",
        "Strength of the LoRA is alpha / rank. Follows a rank of your own as in the preset: half of it, or all of it.",
        unset=0.0,
        most=512.0,
        step=0.5,
        optional=False,
    ),
    integer("batch", "schedule.batch", "Pictures at once. More needs more memory.", most=64, optional=False),
    integer(
        "accumulation",
        "schedule.accumulation",
        "Batches gathered into one update. Acts like a larger batch without its memory.",
        most=64,
        optional=False,
    ),
    integer(
        "prior_images",
        "prior.images",
        "Pictures of ordinary people the base draws itself and trains beside yours; 0: none. "
        "Without them, a folder of your own or output_preservation the character appears in everybody.",
        unset=-1,
        most=1000,
        zero="none",
        optional=False,
    ),
    number(
        "min_snr_gamma",
        "loss.min_snr_gamma",
        "Weighs noise levels evenly. 5 is usual, 0 switches it off.",
        most=20.0,
        zero="off",
        step=0.5,
        optional=False,
    ),
    choice(
        "targets",
        "lora.targets",
        Targets,
        "Layers to train. attention is enough for a face; attention_mlp holds more style in larger files; "
        "attention_mlp_conv adds the convolutions, for fine texture. FLUX and Z-Image: all is usual; double_blocks and "
        "single_blocks are halves of FLUX.",
        optional=False,
    ),
    choice(
        "precision",
        "memory.precision",
        ("bf16", "fp32", "fp16"),
        "bf16 halves memory on a GPU; fp16 does on cards older than RTX 30. fp32 is exact and slower; processors "
        "want it.",
        optional=False,
    ),
    integer(
        "save_every",
        "output.save_every",
        "A checkpoint and the state to resume from, every so many steps.",
        most=10_000,
        optional=False,
    ),
    integer(
        "sample_every",
        "output.sample_every",
        "Sample pictures every so many steps; 0: none.",
        unset=-1,
        most=10_000,
        zero="none",
        optional=False,
    ),
    _prompts(),
]

_OPTIMIZER = [
    choice(
        "optimizer",
        "optim.optimizer",
        Optimizer,
        "adamw is the usual one; adamw8bit needs a quarter of its memory and paged_adamw8bit lends that to the "
        "computer where a step is short of it; lion8bit wants a third of the "
        "learning rate; prodigy finds the rate itself; schedulefree needs no schedule.",
    ),
    choice(
        "schedule",
        "schedule.curve",
        Curve,
        "The learning rate's path after warmup. All end at 0 but constant; rex stays high longest.",
    ),
    integer(
        "warmup",
        "schedule.warmup",
        "Steps over which the learning rate rises to its full height; 0: none.",
        unset=-1,
        most=10_000,
    ),
    integer(
        "cycles",
        "schedule.cycles",
        "How often cosine_with_restarts falls; other schedules do not use it.",
        most=100,
    ),
]

_LATER = [
    integer(
        "resolution",
        "buckets.resolution",
        "Pictures are trained at about so many pixels squared, in buckets of their own aspect.",
        most=2048,
    ),
    integer(
        "epochs",
        "schedule.epochs",
        "Rounds of the whole set with its repeats, in place of steps; 0: go by steps.",
        unset=-1,
        most=10_000,
        zero="by steps",
    ),
    choice(
        "kind",
        "lora.kind",
        Kind,
        "lora works everywhere. dora learns direction and length apart, a tenth slower: a little closer at low "
        "rank. lokr is a seventh of the file, wants a higher rate, and some tools cannot read it.",
    ),
    integer("conv_rank", "lora.conv_rank", "Rank of convolutions; 0: as rank.", unset=-1, most=256),
    number("conv_alpha", "lora.conv_alpha", "Alpha of convolutions; 0: as alpha.", most=512.0, step=0.5),
    integer("lokr_factor", "lora.factor", "Size of lokr's small block, usually 8.", most=64),
    switch(
        "rank_by_timestep",
        "lora.rank_by_timestep",
        "Fewer ranks where noise is strong. For sets of a few pictures: they copy their layout less.",
    ),
    number(
        "text_encoder_lr",
        "text.encoder_lr",
        "Trains the text encoders too. 0: frozen (usual for SDXL), else a tenth of the learning rate. "
        "Learns the trigger faster and bends other words.",
        most=1.0,
        zero="frozen",
        step=0.00001,
    ),
    integer(
        "text_encoder_steps",
        "text.encoder_steps",
        "The text encoders stop learning after so many steps; 0: never.",
        unset=-1,
        most=100_000,
        zero="to the end",
    ),
    number(
        "caption_dropout",
        "text.dropout",
        "Share of pictures shown without a caption. 0.05 is usual.",
        most=0.9,
        step=0.01,
    ),
    switch("shuffle_tags", "text.shuffle", "Tags after the first change places each time. For captions of tags."),
    integer(
        "keep_tags",
        "text.keep_tokens",
        "So many tags stay first while the others are shuffled or dropped. 1 keeps the trigger.",
        unset=-1,
        most=100,
    ),
    number("tag_dropout", "text.tag_dropout", "Share of tags left out each time.", most=0.9, step=0.01),
    integer(
        "clip_skip",
        "text.clip_skip",
        "SD 1.5 alone: 2 for most anime bases. SDXL has its own and does not read it.",
        most=12,
    ),
    number(
        "output_preservation",
        "prior.output_weight",
        "Keeps what the base predicts for the class word on your own pictures. 0: off, 1 is usual. Holds "
        "the trigger to its word best of all and without other pictures, at more than twice the time.",
        most=100.0,
        zero="off",
        step=0.1,
    ),
    number(
        "prior_weight",
        "prior.weight",
        "How much pictures of other people count beside yours. 1 is usual.",
        most=10.0,
        step=0.1,
    ),
    number(
        "weight_penalty",
        "prior.delta_l2",
        "Penalty on how far weights change; 0: off.",
        most=100.0,
        zero="off",
        step=0.0001,
    ),
    switch("debiased", "loss.debiased", "Weighs noise levels by 1 / √SNR in place of min-SNR, which it switches off."),
    choice("loss", "loss.kind", LossKind, "l2 is usual. huber and smooth_l1 forgive single bad pictures."),
    number("huber_c", "loss.huber_c", "Where a huber loss turns straight.", unset=0.0, most=10.0, step=0.01),
    choice("huber_schedule", "loss.huber_schedule", HuberSchedule, "How huber_c follows the noise level."),
    number(
        "noise_offset",
        "loss.noise_offset",
        "Lets whole pictures turn darker or brighter. 0: off, up to 0.1.",
        most=1.0,
        zero="off",
        step=0.01,
    ),
    switch("masked_loss", "loss.masked", "Learn the figure, not what is behind it, where pictures have a mask."),
    number("mask_floor", "loss.mask_floor", "How much the masked part counts. 0.1 is usual.", most=1.0, step=0.05),
    number("weight_decay", "optim.weight_decay", "Pulls weights to 0. 0.01 is usual.", most=10.0, step=0.001),
    number("beta1", "optim.beta1", "Memory of the gradient's mean. 0.9 is usual.", most=0.999999, step=0.001),
    number("beta2", "optim.beta2", "Memory of the gradient's size. 0.999 is usual.", most=0.999999, step=0.001),
    number("grad_clip", "optim.grad_clip", "Longest gradient. 1 is usual.", unset=0.0, most=1000.0, step=0.1),
    number(
        "ema_decay",
        "optim.ema_decay",
        "Saves a running mean of the weights. 0: off, 0.99 is usual. Smooths the last steps.",
        most=0.9999,
        zero="off",
        step=0.001,
    ),
    number("lr_floor", "schedule.lr_floor", "Share of the rate at the end. 0 is usual.", most=1.0, step=0.01),
    number("power", "schedule.power", "Of the polynomial schedule. 1 is usual.", unset=0.0, most=10.0, step=0.1),
    integer("bucket_step", "buckets.step", "Sides of buckets are multiples of it. 64 is usual.", most=256),
    integer("shortest_side", "buckets.shortest", "Shortest side of a bucket, pixels.", most=2048),
    integer("longest_side", "buckets.longest", "Longest side of a bucket, pixels.", most=4096),
    switch("gradient_checkpointing", "memory.gradient_checkpointing", "Far less memory, a third slower."),
    choice(
        "cache",
        "memory.cache",
        CacheKind,
        "disk keeps encoded pictures in the run's folder; memory writes nothing and encodes again when resumed.",
    ),
    switch("deterministic", "memory.deterministic", "A GPU repeats itself bit for bit, about a third slower."),
    integer(
        "keep_last",
        "output.keep_last",
        "Checkpoints that stay, besides the best; 0: all.",
        unset=-1,
        most=1000,
        zero="all",
    ),
    choice("save_precision", "output.precision", SavePrecision, "Of the file. fp16 is read everywhere."),
    switch(
        "tag_frequency",
        "output.tag_frequency",
        "Writes how often each tag of your captions occurs into the file. Off keeps your captions to yourself.",
    ),
    integer("held_out_every", "output.held_out_every", "Steps between looks at held-out pictures.", most=10_000),
    integer(
        "seeds",
        ".seeds",
        "Trains again with the seeds that follow; their average becomes one more LoRA to choose. 1: once.",
        most=16,
    ),
    number(
        "warmup_share",
        "schedule.warmup_share",
        "The same rise as warmup, as a share of all steps, where warmup is 0; 0: none. For runs by epochs.",
        most=0.99,
        step=0.01,
        zero="none",
    ),
    number(
        "text_encoder_share",
        "text.encoder_share",
        "The text encoders stop learning after this share of all steps, where text_encoder_steps is 0; 0: to the end.",
        most=1.0,
        step=0.01,
        zero="to the end",
    ),
]

_OWN = "the family's own"
_FLOW = [
    numbers(
        "further_resolutions",
        "buckets.also",
        "Sizes at which every picture that is large enough is shown too, as often as at resolution. FLUX likes 512, "
        "768 beside 1024.",
    ),
    choice(
        "time_sampling",
        "flow.sampling",
        TimeSampling,
        "How noise levels are drawn. sigmoid for FLUX.1, weighted for FLUX.2 and Z-Image; shift and flux_shift lean to "
        "strong noise, so to layout and pose.",
        words={_OWN: ""},
    ),
    number(
        "sigmoid_scale",
        "flow.sigmoid_scale",
        "Spread of sigmoid sampling: below 1 keeps to middle noise levels. 1 is usual.",
        unset=0.0,
        most=10.0,
        step=0.05,
    ),
    number(
        "time_shift",
        "flow.shift",
        "Of time_sampling shift: above 1 leans to strong noise. 3 is usual, 0 is the family's own.",
        most=100.0,
        zero=_OWN,
        step=0.0001,
    ),
    number(
        "guidance",
        "flow.guidance",
        "The guidance that FLUX.1 dev is told while it learns. 1 is right for pictures as they are; draw with 3.5 as "
        "ever.",
        most=100.0,
        step=0.1,
    ),
    number(
        "contrastive_guidance",
        "flow.contrastive",
        "Trains at the guidance that the base is drawn with, so that its distillation stays. 0: off, 3 to 3.5 is "
        "usual; a third slower.",
        most=100.0,
        zero="off",
        step=0.1,
    ),
    integer(
        "text_tokens",
        "flow.text_tokens",
        "Length that captions are filled up to. 0 is what ComfyUI draws with; other trainers use 512.",
        unset=-1,
        most=1024,
        zero="as ComfyUI",
    ),
    number(
        "assistant_in_training",
        "flow.assistant_training",
        "Strength of the base's training assistant while learning, where the base has one. 1 is usual.",
        unset=-3.0,
        most=2.0,
        step=0.05,
    ),
    number(
        "assistant_in_samples",
        "flow.assistant_samples",
        "The same while samples are drawn. 0 is usual: the LoRA will be used without it.",
        unset=-3.0,
        most=2.0,
        step=0.05,
    ),
    choice(
        "quantization",
        "memory.quantization",
        Quantization,
        "Precision that the frozen base is kept in. fp8 and int8 halve FLUX to 12 GB, nf4 makes it 6 to 7 GB; the LoRA "
        "stays exact. int8_w8a8 multiplies in int8 too: faster on GPUs for players. none is best where it fits.",
    ),
    choice(
        "text_quantization",
        "memory.text_quantization",
        Quantization,
        "The same for text encoders while captions are read, once, before training. FLUX's T5 is 9 GB without it.",
    ),
    integer(
        "swapped_blocks",
        "memory.swapped_blocks",
        "So many blocks rest in the computer's memory and come to the GPU when used: less GPU memory, slower; 0: none. "
        "FLUX has 57, SDXL 70.",
        unset=-1,
        most=200,
        zero="none",
    ),
    integer(
        "checkpointed_blocks",
        "memory.checkpointed_blocks",
        "With gradient_checkpointing: so many blocks compute twice and the others keep what they computed, faster "
        "where memory allows; 0: all.",
        unset=-1,
        most=200,
        zero="all",
    ),
    switch(
        "offload_activations",
        "memory.offload_activations",
        "What lies between blocks waits in the computer's memory. For large pictures on small cards.",
    ),
    switch(
        "precompute_modulation",
        "memory.precompute_modulation",
        "Computes once what only reads the time, and leaves those layers off the GPU (a quarter of FLUX). Not with "
        "targets all, where they learn.",
    ),
]

_EARLY_STOP = [
    integer(
        "patience",
        "early_stop.patience",
        "Ends the run after so many samplings in a row whose faces are no more like the character than before; 0: "
        "trains to the last step. 3 to 5, with sample_every a twentieth of the steps and three prompts or more.",
        unset=-1,
        most=100,
        zero="off",
    ),
    number(
        "least_gain",
        "early_stop.least_gain",
        "What patience takes for a rise of likeness, beyond the samples' own noise. 0.01 is usual.",
        most=0.99,
        step=0.005,
    ),
]

_SPEED = [
    choice(
        "compile",
        "memory.compile",
        Compile,
        "Makes kernels of the denoiser's blocks: faster steps after a first minute or more. auto: on a GPU with "
        "triton, in runs long enough to win that back. The run says whether it did.",
    ),
    switch(
        "keep_attention",
        "memory.keep_attention",
        "With gradient_checkpointing: answers of attention are kept, all else computes twice. Faster at large "
        "resolutions, for a little memory.",
    ),
    switch(
        "checkpoint_as_needed",
        "memory.checkpoint_as_needed",
        "With gradient_checkpointing: only as many blocks compute twice as free memory demands when the run starts. "
        "Other programs should not need that memory later.",
    ),
]

_WATCH = [
    switch(
        "watch",
        "output.watch",
        "Tells while the run goes on whether the character is being learned, for a twentieth of the time at most. The "
        "LoRA is the same without.",
    ),
    integer(
        "watch_every",
        "output.watch_every",
        "Steps between two looks at what is learned; fewer looks are taken where they would cost too much time.",
        most=10_000,
    ),
]

WIDGETS: Sequence[Widget] = [*_FIRST, *_OPTIMIZER, *_LATER, *_FLOW, *_EARLY_STOP, *_SPEED, *_WATCH]
GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("", ("steps", "rank", "learning_rate", "seed")),
    (
        "Length and pictures",
        (
            *("epochs", "batch", "accumulation", "resolution", "further_resolutions"),
            *("bucket_step", "shortest_side", "longest_side", "patience", "least_gain"),
        ),
    ),
    (
        "LoRA",
        (
            *("alpha", "kind", "lokr_factor", "targets", "conv_rank", "conv_alpha"),
            *("rank_by_timestep", "ema_decay", "seeds"),
        ),
    ),
    (
        "Optimizer and schedule",
        (
            *("optimizer", "weight_decay", "beta1", "beta2", "grad_clip"),
            *("schedule", "warmup", "warmup_share", "cycles", "power", "lr_floor"),
        ),
    ),
    (
        "Captions and text encoders",
        (
            *("caption_dropout", "shuffle_tags", "keep_tags", "tag_dropout", "clip_skip"),
            *("text_encoder_lr", "text_encoder_steps", "text_encoder_share"),
        ),
    ),
    ("Other people", ("prior_images", "prior_weight", "output_preservation", "weight_penalty")),
    (
        "Loss",
        (
            *("min_snr_gamma", "debiased", "loss", "huber_c", "huber_schedule", "noise_offset"),
            *("masked_loss", "mask_floor"),
        ),
    ),
    (
        "Flow bases",
        (
            *("time_sampling", "sigmoid_scale", "time_shift", "guidance", "contrastive_guidance", "text_tokens"),
            *("assistant_in_training", "assistant_in_samples"),
        ),
    ),
    (
        "Memory and machine",
        (
            *("precision", "quantization", "text_quantization", "gradient_checkpointing", "checkpointed_blocks"),
            *("checkpoint_as_needed", "keep_attention", "swapped_blocks", "offload_activations"),
            *("precompute_modulation", "compile", "cache", "deterministic"),
        ),
    ),
    (
        "Files and samples",
        (
            *("save_every", "keep_last", "save_precision", "tag_frequency"),
            *("held_out_every", "sample_every", "sample_prompts", "watch", "watch_every"),
        ),
    ),
)
"""How the page arranges the widgets; their saved order is that of WIDGETS."""

WIDGET_OF = {widget.name: widget for widget in WIDGETS}
