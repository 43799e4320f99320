"""Captions looked through by a person: edited in place, pruned by rows of looks, compared between captioners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.folders import lies_in_a_dataset_root
from ..host.model_folders import comfyui
from ..host.page import cancellable
from ..panel.budget import warnings_of
from ..panel.captions_view import captions_view
from ..panel.progress import reporter
from ..sockets import CAPTION_RULES, DATASET, Ruling
from .rules import token_count

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

MOST_OTHERS = 3
_WORKFLOW, _BESIDE, _OVER = "keep in the workflow", ".txt beside the pictures", ".txt, over texts by hand too"


@checked
class ReviewCaptions(io.ComfyNode):
    """A table of captions with what the rules took out; decisions are kept with the workflow."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessReviewCaptions",
            display_name="Review captions",
            category="Likeness/2 Captions",
            description=(
                "Every caption beside its picture: what was taken out in red, the trigger marked, what is odd below. "
                "Edit in place, find and replace, add or remove a tag, choose which looks to say, and which "
                "captioner's words to take. What you write by hand is kept with the workflow and in .txt files, and no "
                "captioner rewrites it."
            ),
            search_aliases=[
                "edit captions",
                "caption editor",
                "tag editor",
                "caption table",
                "view captions",
                "find and replace",
                "caption diff",
                "bulk edit tags",
                "lint",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The dataset with the captions as they stand in the table."
                ),
                io.String.Output(display_name="report", tooltip="What is odd about the captions, as text."),
            ],
        )

    @classmethod
    def validate_inputs(cls, review: str, others: Any = None) -> bool | str:
        """Takes `others` because the host passes growing inputs to every validation."""
        from ...trainer.captions.review.caption_review import CaptionReview

        CaptionReview.from_text(review)
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        save: str,
        review: str,
        rules: Ruling | None = None,
        others: dict[str, Dataset] | None = None,
    ) -> Any:
        from ...trainer.captions.review.caption_review import CaptionReview
        from ...trainer.captions.review.reviewed import review_captions
        from ...trainer.captions.rules.caption_rules import CaptionRules
        from ...trainer.captions.tokenizers import find_tokenizers

        decided = CaptionReview.from_text(review)
        said = [dataset, *(one for one in (others or {}).values() if one is not None)]
        in_force = decided.applied_to(rules.rules if rules else CaptionRules())
        done = review_captions(
            said,
            rules.rules if rules else None,
            decided,
            lighting=rules.lighting if rules else {},
            count=token_count(in_force),
            tokenizers=find_tokenizers(comfyui(), in_force.family),
        )
        node = cls.hidden.unique_id
        with cancellable():
            shown = captions_view(done, said, in_force, decided, review, reporter(node, "Shrinking"))
        shown["saved"], warnings = _saved(done.dataset, save)
        report = "\n".join((*(f"{f.level}: {f.text}" for f in done.findings), *_by_picture(done), *warnings))
        return io.NodeOutput(done.dataset, report, ui={"likeness_captions": (shown,), "warning": warnings_of(warnings)})


def _by_picture(done: Any) -> list[str]:
    return [f"{f.level}: {row.sample.path.name}: {f.text}" for row in done.rows for f in row.findings]


def _saved(dataset: Dataset, save: str) -> tuple[str, Sequence[str]]:
    """Write `.txt` files as chosen; a line on what was written, and what could not be."""
    if save == _WORKFLOW:
        return "Captions are kept in the workflow; Save dataset writes them.", ()
    from ...trainer.captions.sidecars import write_sidecars

    own = tuple(sample for sample in dataset.samples if lies_in_a_dataset_root(sample.path))
    written = write_sidecars(dataset.with_samples(own), over_hand=save == _OVER)
    lines = [f"{len(written.paths)} .txt files written, {written.unchanged} were right already."] if own else []
    if others := len(dataset.samples) - len(own):
        lines.append(f"{others} pictures were made by nodes: Save dataset writes their .txt files.")
    return " ".join(lines), [left.sentence for left in (*written.kept, *written.failed)]


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="Captioned pictures, best from Apply caption rules."),
        io.Combo.Input(
            "save",
            options=[_WORKFLOW, _BESIDE, _OVER],
            default=_BESIDE,
            tooltip=(
                "Texts by hand are always kept in the workflow. Beside the pictures: every caption as .txt too, as "
                "trainers read them; a .txt that somebody wrote by hand stays unless you edit its caption here, and "
                "then remains as .bak."
            ),
        ),
        io.String.Input(
            "review",
            default="",
            socketless=True,
            extra_dict={"hidden": True},
            tooltip="What you decided on the node, kept with the workflow. The node writes it; leave it alone.",
        ),
        CAPTION_RULES.Input(
            "rules",
            optional=True,
            tooltip=(
                "From Apply caption rules: rows of looks then change those rules. Without, captions stay as they come."
            ),
        ),
        io.Autogrow.Input(
            "others",
            template=io.Autogrow.TemplatePrefix(
                input=DATASET.Input(
                    "other",
                    optional=True,
                    tooltip="The same pictures, captioned by another node; another socket follows.",
                ),
                prefix="other_",
                min=0,
                max=MOST_OTHERS,
            ),
            optional=True,
            tooltip="The same pictures captioned by other nodes, up to three: shown side by side, to choose from.",
        ),
    ]
