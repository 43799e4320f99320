"""What the options of `compare` ask for: whose checkpoints, of whom, drawn and read by whom."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..dataset.dataset import ANY_SUBJECT, Dataset
from ..dataset.files.folder import read_dataset
from ..demo.assets import demo_family, demo_reader, other_people
from ..demo.figures import mean_of
from ..demo.settings import demo_plan
from ..errors import LikenessError, ModelError, RecipeError, RunError
from ..faces.face import FaceReader
from ..families.base import Base
from ..families.options import FamilyOptions
from ..families.registry import spec_of
from ..families.residence import Residence
from ..generate.local import LocalGenerator
from ..lora.peft_folder import is_peft_folder
from ..recipe.recipe import Recipe
from ..scoring import Candidate, ComparePlan, Report, Subject, Tools, candidates_of_files, candidates_of_seeds, spread
from ..scoring.plan.candidate import fitting
from ..scoring.plan.compare_plan import default_plan, quick_plan
from ..scoring.plan.sentinels import coverage_of, sentinel_probes, with_sentinels
from ..scoring.plan.text import identity_words, plan_of_text
from ..scoring.reading.attributes.zero_shot import NO_ATTRIBUTE_READER, attribute_reader_for
from ..scoring.reading.descriptors.own import OwnDescriptor
from ..scoring.report.kept import REPORT
from ..scoring.report.model_card import CardSubject
from ..storage.tensor_header import read_header
from ..storage.values import read_json
from ..training.run.folder import read_run
from .base import base_of
from .folder import face_reader, name_left_out
from .progress import say

_TRIGGER = "modelspec.trigger_phrase"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """As `compare` takes it; `fit` are the candidates whose files can be of the base."""

    plan: ComparePlan
    candidates: tuple[Candidate, ...]
    fit: tuple[Candidate, ...]
    rest: tuple[Candidate, ...]
    subject: Subject
    tools: Tools
    base: Base
    dataset: Dataset | None = None
    recipe: Recipe | None = None

    def card(self, report: Report) -> CardSubject | None:
        """What the model card of the chosen checkpoint tells; None where none passes."""
        choice = report.choice
        return choice and CardSubject(
            name=Path(choice.lora or choice.label).stem,
            label=choice.label,
            strength=report.strength or choice.strength,
            dataset=self.dataset,
            recipe=self.recipe,
            base=self.base,
        )

    def figures(self, report: Report, picture: Path) -> dict[str, Any]:
        """What the command prints last."""
        paths = {each.label: str(each.path) for each in (*self.candidates, *self.rest)}
        choice = report.choice
        chosen = choice and next((paths[label] for label in paths if _is_of(choice.label, label)), None)
        return {
            "chosen": report.chosen,
            "chosen_step": report.chosen_step,
            "chosen_strength": (report.strength or choice.strength) if choice else None,
            "lora": chosen,
            "tied": list(report.tied),
            "identity_control": mean_of(report.control.identity),
            "identity_chosen": mean_of(choice.identity if choice else None),
            "readers": dict(report.readers),
            "base": report.base,
            "precision": report.precision,
            "report": str(picture),
        }


def comparison_of(options: Namespace) -> Comparison:
    """A LikenessError of the part that cannot be read, or that nobody told."""
    asked = _Asked(options)
    shown = asked.shown
    fit, left = fitting(shown, spec_of(asked.base).title)
    name_left_out(left, "left out: ")
    for line in identity_words(asked.plan, asked.dataset.trigger, asked.dataset.subject):
        say(line, "yellow")
    kept = {each.path for each in shown}
    rest = tuple(each for each in asked.candidates if each.path not in kept) if options.refine else ()
    return Comparison(
        plan=asked.plan,
        candidates=shown,
        fit=fit,
        rest=rest,
        subject=asked.subject,
        tools=asked.tools,
        base=asked.base,
        dataset=asked.dataset if asked.run else None,
        recipe=asked.recipe,
    )


def chosen_of(asked: Comparison) -> Candidate:
    """The candidate that a comparison in this folder chose, else the last of them, which is said.

    ModelError where no file can be of the base.
    """
    if not asked.fit:
        raise ModelError(f"No LoRA file here is one for {asked.tools.family}; balance it on its own base.")
    try:
        kept = Report.from_json(read_json(asked.tools.out / REPORT, RunError)).chosen
    except (LikenessError, TypeError, KeyError):
        kept = None
    found = next((each for each in asked.fit if each.label == kept), None)
    if found is None and len(asked.fit) > 1:
        say("No comparison has chosen a checkpoint here, so the last is balanced; `compare` would choose.", "yellow")
    return found or list(asked.fit)[-1]


@dataclass(frozen=True)
class _Asked:
    """The options, looked at as far as they are needed."""

    options: Namespace

    @cached_property
    def run(self) -> Path | None:
        """The run folder, where one is given."""
        what: Sequence[Path] = self.options.what
        runs = [path for path in what if (path / "base.json").is_file()]
        if runs and len(what) > 1:
            raise RunError(f"{runs[0]} is a run folder; compare it alone, or name its checkpoints' files.")
        return runs[0] if runs else None

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        if self.run is not None:
            return candidates_of_seeds(self.run)
        return candidates_of_files([file for path in self.options.what for file in _loras(path)])

    @cached_property
    def shown(self) -> tuple[Candidate, ...]:
        most = self.options.most
        return self.candidates if most is None else spread(self.candidates, most)

    @cached_property
    def _read(self) -> tuple[Dataset, Base] | None:
        return None if self.run is None else read_run(self.run)

    @cached_property
    def base(self) -> Base:
        return base_of(self.options) if self._read is None or self.options.base is not None else self._read[1]

    @cached_property
    def recipe(self) -> Recipe | None:
        """The run's; None without one that can be read."""
        try:
            return Recipe.from_json(read_json(self.run / "recipe.json", RunError)) if self.run is not None else None
        except LikenessError:
            return None

    @cached_property
    def dataset(self) -> Dataset:
        """The words, the pictures trained on, and those that the character is known by as held out."""
        own = self._read[0] if self._read else None
        trigger = self.options.trigger or (own.trigger if own else self._told_trigger)
        subject = self.options.subject or (own.subject if own else ANY_SUBJECT)
        samples = own.samples if own else ()
        known = Dataset(samples=samples, trigger=trigger, subject=subject, root=own.root if own else Path())
        if folder := self.options.references:
            return known.known_by(read_dataset(folder, trigger=trigger, subject=subject).samples)
        return known

    @property
    def _told_trigger(self) -> str:
        for each in self.candidates:
            try:
                told = read_header(each.path).metadata.get(_TRIGGER, "") if each.path.is_file() else ""
                if trigger := next((part.strip() for part in told.split(",") if part.strip()), ""):
                    break
            except ModelError:
                continue
        else:
            raise RecipeError("These files do not say what word means the character; give it with --trigger.")
        if " " in trigger:
            raise RecipeError(
                f"{each.path.name} says that {trigger!r} means the character; give one word of it with --trigger."
            )
        return trigger

    @cached_property
    def is_demo(self) -> bool:
        return demo_family(self.base) is not None and self.options.faces in ("auto", "demo")

    @cached_property
    def faces(self) -> FaceReader | None:
        return demo_reader() if self.is_demo else face_reader(self.options)

    @cached_property
    def subject(self) -> Subject:
        others = other_people() if self.is_demo else None
        held_out, train = self.dataset.held_out, self.dataset.train
        return Subject(trigger=self.dataset.trigger, references=held_out, training=train, others=others)

    @cached_property
    def plan(self) -> ComparePlan:
        """How such a base is drawn, with the prompts asked for."""
        options, usual = self.options, self._usual
        trigger, subject = self.dataset.trigger, self.dataset.subject
        if options.plan is not None:
            usual = _plan_in(options.plan, usual, trigger, subject)
        elif options.quick:
            usual = replace(usual, probes=quick_plan(trigger, subject).probes)
        elif self.dataset.train and demo_family(self.base) is None:
            shown = coverage_of(self.dataset.train, self.faces)
            usual = with_sentinels(usual, sentinel_probes(shown, trigger, subject, usual.probes[0].seeds))
        if options.resolution:
            usual = replace(usual, size=(options.resolution, options.resolution))
        if options.strength is not None:
            usual = replace(usual, strength=options.strength)
        return replace(usual, strengths=options.strengths) if options.strengths else usual

    @property
    def _usual(self) -> ComparePlan:
        if (demo := demo_family(self.base)) is not None:
            return demo_plan(self.dataset.trigger, demo)
        plan, spec = default_plan(self.dataset.trigger, self.dataset.subject), spec_of(self.base)
        usual = plan.size[0] if spec.usual_sides[1] >= plan.size[0] else spec.usual_sides[0]
        side = self.recipe.buckets.resolution // 8 * 8 if self.recipe else usual
        return replace(plan, size=(side, side), steps=spec.drawn_steps, guidance=spec.drawn_guidance)

    @cached_property
    def tools(self) -> Tools:
        residence, options = self._residence, self._family_options
        precision = str(residence.dtype).removeprefix("torch.")
        if residence.quantization != "none":
            precision += f" {residence.quantization}"
        generator = LocalGenerator(self.base, residence, options)
        parts = [self.base.sha256, *([precision] if precision != "float32" else [])]
        if options != FamilyOptions():
            parts.append(repr(options))
        reads = attribute_reader_for(self.plan, self.options.models, self.faces, self.options.device)
        if reads is None:
            say(NO_ATTRIBUTE_READER)
        return Tools(
            generator=generator,
            faces=self.faces,
            attributes=reads,
            out=self._out,
            base=" ".join(parts),
            descriptor=None if self.is_demo else OwnDescriptor(),
            base_name=self.base.name,
            precision=precision,
            family=spec_of(self.base).title,
            release=generator.release,
        )

    @property
    def _residence(self) -> Residence:
        device = self.options.device
        if device == "cpu":
            return Residence(device=device, precision="fp32")
        if self.recipe is not None:
            return replace(Residence.of(self.recipe.memory, device), gradient_checkpointing=False)
        return Residence(device=device, precision="bf16")

    @property
    def _family_options(self) -> FamilyOptions:
        """The run's LoRA files learned from captions read so; the demo's reports are drawn without."""
        if self.recipe is None or demo_family(self.base) is not None:
            return FamilyOptions()
        return FamilyOptions.of(self.recipe)

    @property
    def _out(self) -> Path:
        if self.options.out is not None:
            return self.options.out
        if self.run is None:
            raise RunError("Say with --out where the pictures and the report of these files belong.")
        return self.run / "report"


def _loras(path: Path) -> list[Path]:
    """The files that a path means: itself, or those in the folder."""
    if not path.is_dir() or is_peft_folder(path):
        return [path]
    found = sorted(path.glob("*.safetensors"))
    if not found:
        raise RunError(f"{path} is not a run folder, and there are no LoRA files (.safetensors) in it.")
    return found


def _plan_in(path: Path, usual: ComparePlan, trigger: str, subject: str) -> ComparePlan:
    if path.suffix.lower() == ".json":
        return ComparePlan.from_json(read_json(path, RecipeError))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(f"{path} cannot be read: {fault}.") from fault
    return plan_of_text(text, usual, trigger, subject)


def _is_of(label: str, candidate: str) -> bool:
    """Whether a column is the candidate's, at its own strength or another."""
    return label == candidate or label.startswith(f"{candidate} at ")
