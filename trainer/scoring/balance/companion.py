"""What is used beside a LoRA, at one weight after another."""

from typing import Protocol

from ...generate.attachments import Attachment


class Companion(Protocol):
    """An adapter's identity, or the references of an edit model."""

    @property
    def title(self) -> str:
        """What people call it, within a sentence: `PuLID`, `the references`."""
        ...

    def at(self, weight: float) -> tuple[Attachment, ...]:
        """What a shot brings for it at this weight, above 0."""
        ...
