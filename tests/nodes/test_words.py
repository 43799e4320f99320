"""The words of every node: that a newcomer's words find it, and that what it says is said in one way."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import listed_nodes

_FOUND_BY = {
    "load images folder": "LikenessLoadCharacterDataset",
    "load images from folder": "LikenessLoadCharacterDataset",
    "image folder": "LikenessLoadCharacterDataset",
    "training images": "LikenessLoadCharacterDataset",
    "load dataset": "LikenessLoadCharacterDataset",
    "dataset": "LikenessLoadCharacterDataset",
    "make dataset": "LikenessImagesToDataset",
    "image batch": "LikenessImagesToDataset",
    "find duplicates": "LikenessCheckDataset",
    "blurry images": "LikenessCheckDataset",
    "crop face": "LikenessCropDataset",
    "face crop": "LikenessCropDataset",
    "autocrop": "LikenessCropDataset",
    "best images": "LikenessPickImages",
    "filter dataset": "LikenessPickImages",
    "character sheet": "LikenessFillGaps",
    "generate dataset": "LikenessFillGaps",
    "img2img": "LikenessMakeStyleVariants",
    "style transfer": "LikenessMakeStyleVariants",
    "merge datasets": "LikenessMixDatasets",
    "combine datasets": "LikenessMixDatasets",
    "repeats": "LikenessMixDatasets",
    "export dataset": "LikenessSaveDataset",
    "save captions": "LikenessSaveDataset",
    "unpack dataset": "LikenessDatasetToImages",
    "tagger": "LikenessTagWithWd14",
    "wd14": "LikenessTagWithWd14",
    "danbooru": "LikenessTagWithWd14",
    "caption": "LikenessCaptionWithJoyCaption",
    "joycaption": "LikenessCaptionWithJoyCaption",
    "image to text": "LikenessCaptionWithJoyCaption",
    "florence": "LikenessUseCaptions",
    "qwen vl": "LikenessUseCaptions",
    "trigger word": "LikenessApplyCaptionRules",
    "remove tags": "LikenessApplyCaptionRules",
    "edit captions": "LikenessReviewCaptions",
    "find and replace": "LikenessReviewCaptions",
    "checkpoint": "LikenessChooseBaseModel",
    "load checkpoint": "LikenessChooseBaseModel",
    "base model": "LikenessChooseBaseModel",
    "learning rate": "LikenessTrainingRecipe",
    "rank": "LikenessTrainingRecipe",
    "epochs": "LikenessTrainingRecipe",
    "preset": "LikenessTrainingRecipe",
    "kohya": "LikenessImportRecipe",
    "ai-toolkit": "LikenessImportRecipe",
    "toml": "LikenessExportRecipe",
    "vram": "LikenessPlanRun",
    "how long": "LikenessPlanRun",
    "lora": "LikenessTrainCharacterLora",
    "train lora": "LikenessTrainCharacterLora",
    "lora training": "LikenessTrainCharacterLora",
    "dreambooth": "LikenessTrainCharacterLora",
    "finetune": "LikenessTrainCharacterLora",
    "past runs": "LikenessDiffRuns",
    "tensorboard": "LikenessDiffRuns",
    "compare": "LikenessCompareCheckpoints",
    "xy plot": "LikenessCompareCheckpoints",
    "x/y plot": "LikenessCompareCheckpoints",
    "grid": "LikenessCompareCheckpoints",
    "compare loras": "LikenessCompareCheckpoints",
    "best epoch": "LikenessChooseCheckpoint",
    "overfitting": "LikenessAdviseNextRun",
    "face similarity": "LikenessScoreImages",
    "compare faces": "LikenessScoreImages",
    "lora info": "LikenessCheckLora",
    "load lora": "LikenessApplyCharacterLora",
    "lora loader": "LikenessApplyCharacterLora",
    "lora stack": "LikenessApplyCharacterLora",
    "animatediff": "LikenessCheckMotion",
    "flicker": "LikenessCheckMotion",
    "insightface": "LikenessReadFace",
    "face embedding": "LikenessReadFace",
    "saved face": "LikenessLoadIdentity",
    "ipadapter loader": "LikenessLoadIdentityAdapter",
    "ipadapter": "LikenessApplyIdentity",
    "pulid": "LikenessApplyIdentity",
    "instantid": "LikenessApplyIdentity",
    "faceid": "LikenessApplyIdentity",
    "face swap": "LikenessApplyIdentity",
    "consistent character": "LikenessApplyIdentity",
    "apply instantid": "LikenessInstantIdConditioning",
    "kontext": "LikenessApplyReference",
    "reference image": "LikenessApplyReference",
    "lora or ip-adapter": "LikenessTrainOrZeroShot",
    "lora strength": "LikenessBalance",
    "demo": "LikenessDemoBaseModel",
    "example images": "LikenessDemoCharacter",
    "self test": "LikenessCheckInstallation",
    "disk usage": "LikenessCleanUp",
    "clear cache": "LikenessCleanUp",
}


@pytest.fixture
def schemas(pack: Callable[[str], Any]) -> list[Any]:
    return [node.define_schema() for node in listed_nodes()]


def test_every_node_is_found_by_the_words_that_newcomers_type(schemas: list[Any]) -> None:
    by_id = {schema.node_id: schema for schema in schemas}
    assert set(_FOUND_BY.values()) == by_id.keys()
    lost = [(words, node) for words, node in _FOUND_BY.items() if not _is_found(words, by_id[node])]
    assert not lost


def test_search_words_are_lower_case_and_said_once(schemas: list[Any]) -> None:
    for schema in schemas:
        words = schema.search_aliases
        assert len(set(words)) == len(words), schema.node_id
        assert [word for word in words if word != word.lower().replace("should i", "should I")] == [], schema.node_id


def test_texts_are_sentences(schemas: list[Any]) -> None:
    for node, place, text in _texts(schemas):
        assert text == text.strip() and text.endswith((".", "?")), (node, place, text)
        assert "  " not in text and not re.search(r"Likeness[A-Z]|\bVLM\b|\bTODO\b", text), (node, place, text)
        assert len(text) <= 520, (node, place, len(text))


def test_no_two_widgets_of_a_node_are_called_alike(schemas: list[Any]) -> None:
    for schema in schemas:
        called = [part.options.get("display_name") or part.id for part in schema.inputs]
        assert len(set(called)) == len(called), schema.node_id


def test_ids_that_say_nothing_by_themselves_have_words(schemas: list[Any]) -> None:
    bare = {"most", "are", "least", "way", "looks", "card", "predicts", "place", "share", "at_once", "mcut", "before"}
    seen = set()
    for schema in schemas:
        for part in schema.inputs:
            if part.id in bare:
                seen.add(part.id)
                assert " " in part.options.get("display_name", ""), (schema.node_id, part.id)
    assert seen == bare


def _is_found(words: str, schema: Any) -> bool:
    """As the page searches (Fuse.js, threshold 0.3): every word within the first thirty letters of one name or alias.

    It forgives slips of the pen beside that, which nothing here relies on.
    """
    names = [schema.display_name, schema.node_id, *schema.search_aliases]
    return any(all(0 <= name.lower().find(word) <= 30 for word in words.lower().split()) for name in names)


def _texts(schemas: list[Any]) -> Iterator[tuple[str, str, str]]:
    for schema in schemas:
        yield schema.node_id, "description", schema.description
        for part in (*schema.inputs, *schema.outputs):
            place = str(part.id or part.options.get("display_name"))
            yield schema.node_id, place, part.options["tooltip"]
            if hasattr(part, "template"):
                yield schema.node_id, f"{place} grown", part.template.input.options["tooltip"]
