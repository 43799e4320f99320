"""Recipes from and to other trainers' settings files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...trainer.errors import DiskError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import check_name, file_fingerprint, recipes_folder, settings_file, settings_files
from ..host.published import publish
from ..panel.budget import words_of
from ..sockets import DATASET, RECIPE

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.recipe.recipe import Recipe

PASTED = "what is pasted below"
FORMATS = (
    *("kohya TOML", "guide YAML", "kohya_ss JSON", "OneTrainer JSON", "Likeness JSON"),
    *("kohya FLUX TOML", "ai-toolkit YAML", "SimpleTuner JSON"),
)
_SUFFIXES = (".toml", ".yaml", ".yml", ".json", ".env", ".sh", ".bat")


@checked
class ImportRecipe(io.ComfyNode):
    """Another trainer's settings as a recipe; what does not fit is listed."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessImportRecipe",
            display_name="Import recipe",
            category="Likeness/3 Train",
            description=(
                "Reads settings of kohya, kohya_ss, FluxGym (its train script), ai-toolkit, SimpleTuner, OneTrainer or "
                "a guide as a recipe: a file in ComfyUI's input folder, or pasted text. Every key that has no place "
                "here is listed with the reason. What a file leaves out has that trainer's default, not ours. Other "
                "models and adapters are refused by name."
            ),
            search_aliases=[
                "kohya",
                "kohya config",
                "kohya_ss",
                "sd-scripts",
                "ai-toolkit",
                "import config",
                "load settings",
                "toml",
                "yaml",
                "onetrainer preset",
                "simpletuner",
                "fluxgym",
                "train.sh",
            ],
            is_output_node=True,
            inputs=[
                io.Combo.Input(
                    "file",
                    options=[PASTED, *settings_files(_SUFFIXES)],
                    default=PASTED,
                    tooltip=(
                        "A .toml, .yaml, .json, .env, .sh or .bat file in the input folder. A new one shows after "
                        "pressing R."
                    ),
                ),
                io.String.Input(
                    "text",
                    display_name="pasted settings",
                    default="",
                    multiline=True,
                    tooltip="The settings themselves, pasted as they are, in place of a file.",
                ),
            ],
            outputs=[
                RECIPE.Output(display_name="recipe", tooltip="How to train, for Train character LoRA and Plan run."),
                io.String.Output(display_name="left", tooltip="Keys that have no place here, one a line, with why."),
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str, text: str) -> bool | str:
        if file == PASTED and not text.strip():
            return "Nothing to import: choose a settings file of the input folder, or paste its text."
        if file != PASTED:
            settings_file(file)
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str | None, text: str | None) -> Any:
        if file is None:
            return UNKNOWN
        return text if file == PASTED else file_fingerprint(settings_file(file))

    @classmethod
    def execute(cls, file: str, text: str = "") -> Any:
        from ...trainer.exchange.formats import import_recipe, settings_text
        from ...trainer.exchange.keys import left_lines

        path = None if file == PASTED else settings_file(file)
        name = "what is pasted" if path is None else file
        made = import_recipe(text if path is None else settings_text(path), name, path.parent if path else None)
        left = "\n".join(left_lines(made.left))
        said = f"Read as {made.format}." + (f"\nNot taken over:\n{left}" if left else " Everything was taken over.")
        return io.NodeOutput(made.recipe, left, ui={"text": words_of(said)})


@checked
class ExportRecipe(io.ComfyNode):
    """A recipe as another trainer's settings file; what it cannot say is listed."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessExportRecipe",
            display_name="Export recipe",
            category="Likeness/3 Train",
            description=(
                "Writes a recipe as kohya's TOML (for sdxl_train_network.py or flux_train_network.py), guides' YAML, a "
                "job of ai-toolkit, or kohya_ss', OneTrainer's or SimpleTuner's JSON into output/likeness/recipes. "
                "With a dataset, kohya's dataset TOML is written beside it. What the other trainer has no word for is "
                "listed."
            ),
            search_aliases=[
                "kohya",
                "kohya config",
                "kohya_ss",
                "ai-toolkit",
                "export config",
                "save settings",
                "toml",
                "yaml",
                "onetrainer preset",
                "simpletuner",
            ],
            is_output_node=True,
            inputs=[
                RECIPE.Input("recipe", tooltip="From Choose training recipe or Import recipe."),
                io.Combo.Input(
                    "format",
                    options=list(FORMATS),
                    default=FORMATS[0],
                    tooltip="The trainer whose words the file is written in.",
                ),
                io.String.Input("name", default="my_recipe", tooltip="The file's name, without its ending."),
                DATASET.Input("dataset", optional=True, tooltip="For kohya's dataset TOML beside the recipe."),
            ],
            outputs=[io.String.Output(display_name="text", tooltip="The text of the file, as it was written.")],
        )

    @classmethod
    def validate_inputs(cls, name: str) -> bool | str:
        check_name(name)
        return True

    @classmethod
    def execute(cls, recipe: Recipe, format: Any, name: str, dataset: Dataset | None = None) -> Any:
        from ...trainer.exchange.formats import SUFFIXES, export_recipe
        from ...trainer.exchange.keys import left_lines
        from ...trainer.exchange.kohya_dataset import kohya_dataset, kohya_dataset_cannot

        made = export_recipe(recipe, format)
        files = {SUFFIXES[format]: made.text}
        if dataset is not None:
            files["_dataset.toml"] = kohya_dataset(recipe, dataset)
        cannot = kohya_dataset_cannot(recipe, dataset) if dataset is not None else []
        said = "\n".join([*_written(name, files), *left_lines(made.left), *cannot])
        return io.NodeOutput(made.text, ui={"text": words_of(said)})


def _written(name: str, files: Mapping[str, str]) -> list[str]:
    """What to say of the files, which lie in the recipes' folder then, by the name that was free."""
    folder = recipes_folder()
    try:
        done = publish([folder], name, {ending: text.encode() for ending, text in files.items()})
    except OSError as fault:
        raise DiskError(fault, fault.filename or folder) from fault
    said = f"Written: {', '.join(done.stem + ending for ending in files)}"
    if not done.taken:
        return [said]
    return [said, f"{done.taken} is there already with other contents and stays, so this one is {done.stem}."]
