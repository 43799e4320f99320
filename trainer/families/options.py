"""What a recipe says of how a family reads captions and draws noise levels."""

from dataclasses import dataclass, field, replace

from ..recipe.flow import Flow
from ..recipe.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class FamilyOptions:
    """`clip_skip` is SD 1.5's alone, `flow` of bases that predict flow."""

    clip_skip: int = 1
    flow: Flow = field(default_factory=Flow)

    @classmethod
    def of(cls, recipe: Recipe) -> "FamilyOptions":
        """As a recipe wants it."""
        return cls(clip_skip=recipe.text.clip_skip, flow=recipe.flow)

    def for_drawing(self) -> "FamilyOptions":
        """For a base that only draws: its assistant is merged as samples have it."""
        return replace(self, flow=replace(self.flow, assistant_training=self.flow.assistant_samples))
