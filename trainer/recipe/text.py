"""What becomes of captions on their way to the denoiser, and whether the text encoders learn too."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Text:
    """Captions each time they are shown, and the text encoders' own LoRA.

    `dropout` is the share of captions left empty. With `shuffle` the tags after the first `keep_tokens` change places;
    `tag_dropout` leaves out that share of them. `encoder_lr` above 0 trains a LoRA on the text encoders, up to update
    `encoder_steps` or, without those, for `encoder_share` of all updates (0: to the end). `clip_skip` is SD 1.5's: 2
    reads the layer before the last.
    """

    dropout: float = 0.0
    shuffle: bool = False
    keep_tokens: int = 1
    tag_dropout: float = 0.0
    encoder_lr: float = 0.0
    encoder_steps: int = 0
    clip_skip: int = 1
    encoder_share: float = 0.0

    @property
    def changes_captions(self) -> bool:
        """Whether a caption may read differently each time."""
        return self.shuffle or self.tag_dropout > 0


def text_faults(text: Text) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (not 0 <= text.dropout < 1, f"caption dropout is {text.dropout}; use 0 to 0.5."),
        (text.keep_tokens < 0, f"keep_tokens is {text.keep_tokens}; use 1 to keep the trigger first, or 0."),
        (not 0 <= text.tag_dropout < 1, f"tag_dropout is {text.tag_dropout}; use 0 to 0.5."),
        (not 0 <= text.encoder_lr <= 1, f"encoder_lr is {text.encoder_lr}; use 0 to freeze, or a tenth of lr."),
        (text.encoder_steps < 0, f"encoder_steps is {text.encoder_steps}; use 0 for all steps."),
        (not 0 <= text.encoder_share <= 1, f"encoder_share is {text.encoder_share}; use 0 for all steps, or up to 1."),
        (not 1 <= text.clip_skip <= 12, f"clip_skip is {text.clip_skip}; use 1, or 2 for most SD 1.5 anime bases."),
    ]
