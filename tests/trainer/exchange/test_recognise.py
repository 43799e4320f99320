"""A settings file is recognised by what must be in it; what it is not, it is called by its name."""

import json
from typing import Any

import pytest

from tests.trainer.exchange.settings import ai_toolkit, simple_tuner
from trainer.errors import RecipeError
from trainer.exchange.formats import import_recipe

COMPOSE = "services:\n  web:\n    image: nginx\n    ports:\n      - 80:80\nversion: '3'\n"
PYPROJECT = "[project]\nname = 'mine'\nversion = '1.0'\n[tool.ruff]\nline-length = 120\n"
DREAMBOOTH = """
pretrained_model_name_or_path: somebody/some-xl
instance_prompt: a photo of zxq
resolution: 1024
train_batch_size: 1
learning_rate: 0.000005
lr_scheduler: constant
max_train_steps: 400
mixed_precision: fp16
"""
RUN = "learning_rate: 0.001\nbatch_size: 32\nepochs: 10\noptimizer: adam\n"


@pytest.mark.parametrize(
    ("text", "file"),
    [
        (COMPOSE, "docker-compose.yaml"),
        (PYPROJECT, "pyproject.toml"),
        ("hello: 1\n", "a.yaml"),
        ("hello = 1\n", "a.toml"),
        ('{"hello": 1}', "a.json"),
        ('{"name": "mine", "version": "1.0", "scripts": {"lora": "run"}}', "package.json"),
        (RUN, "train.yaml"),
        ('{"model_type": "llama", "hidden_size": 4096, "learning_rate_scheduler": "cosine"}', "config.json"),
        ("[network]\nname = 'eth0'\n[optimizer]\nlevel = 3\n", "a.toml"),
    ],
)
def test_what_is_no_recipe_at_all_is_refused(text: str, file: str) -> None:
    with pytest.raises(RecipeError, match=f"{file} is no recipe of Likeness, kohya_ss or OneTrainer"):
        import_recipe(text, file)


@pytest.mark.parametrize("file", ["a.yaml", "a.json", "a.toml"])
def test_settings_of_dreambooth_are_no_lora(file: str) -> None:
    import tomli_w
    import yaml

    values = yaml.safe_load(DREAMBOOTH)
    text = {"a.yaml": DREAMBOOTH, "a.json": json.dumps(values), "a.toml": tomli_w.dumps(values)}[file]
    with pytest.raises(RecipeError, match=f"{file} holds no setting of a LoRA.*DreamBooth"):
        import_recipe(text, file)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"arch": "qwen_image"}, r"Qwen-Image \(somebody/a-model\)"),
        ({"arch": "wan22_14b:t2v"}, r"Wan 2\.2"),
        ({"arch": "brand_new"}, r"brand_new \(somebody/a-model\)"),
        ({"is_v3": True}, "Stable Diffusion 3"),
        ({"arch": "flex1"}, "Flex.1"),
        ({"is_flux": True, "name_or_path": "ostris/Flex.1-alpha"}, "Flex.1"),
        ({"arch": "flux2"}, r"FLUX\.2"),
    ],
)
def test_a_job_of_ai_toolkit_for_another_model_names_it(model: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=f"a.json trains {said}"):
        import_recipe(ai_toolkit(**model), "a.json")


def test_other_jobs_of_ai_toolkit_are_called_what_they_are() -> None:
    for job in ("generate", "extract", "mod"):
        with pytest.raises(RecipeError, match=f"ai-toolkit job of the kind '{job}'"):
            import_recipe(f"job: {job}\nconfig: {{process: []}}\n", "a.yaml")
    with pytest.raises(RecipeError, match="trains a slider"):
        import_recipe(ai_toolkit().replace("sd_trainer", "slider"), "a.json")
    with pytest.raises(RecipeError, match="trains no LoRA"):
        import_recipe(ai_toolkit().replace('"network"', '"nothing"'), "a.json")


@pytest.mark.parametrize("dashes", ["", "--"])
def test_a_configuration_of_simple_tuner_for_another_model_names_it(dashes: str) -> None:
    values = {dashes + name: value for name, value in json.loads(simple_tuner(model_family="chroma")).items()}
    with pytest.raises(RecipeError, match="config.json trains Chroma, which is not trained here yet"):
        import_recipe(json.dumps(values), "config.json")
    with pytest.raises(RecipeError, match="trains kolors by model_type 'full', not a LoRA"):
        import_recipe(simple_tuner(model_family="kolors", model_type="full"), "config.json")
    with pytest.raises(RecipeError, match="trains a LyCORIS network, described in a file of its own"):
        import_recipe(simple_tuner(lora_type="lycoris"), "config.json")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"algo": "lokr", "linear_dim": 10000, "factor": 12}, "LyCORIS network for SimpleTuner"),
        ([{"id": "pictures", "type": "local", "dataset_type": "image"}], "data backends of SimpleTuner"),
        ([{"path": "/p", "include_subdirectories": True, "image": {}}], "concepts of OneTrainer"),
        ({"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["to_q"]}, "describes a LoRA"),
        ({"ss_network_dim": "16", "ss_network_module": "networks.lora"}, "metadata of a LoRA file"),
        ({"nodes": [], "links": [], "version": 0.4}, "workflow of ComfyUI"),
        ({"3": {"class_type": "KSampler", "inputs": {}}}, "workflow of ComfyUI"),
        ({"model_name_or_path": "x", "lora_rank": 8, "lora_target": "all"}, "LLaMA-Factory"),
        (
            {"model": {"type": "flux"}, "adapter": {"type": "lora", "rank": 32}},
            r"diffusion-pipe configuration for FLUX\.1",
        ),
    ],
)
def test_files_that_look_alike_are_called_what_they_are(values: Any, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        import_recipe(json.dumps(values), "a.json")


def test_a_dataset_file_of_kohya_is_called_that() -> None:
    for text in (
        "[[datasets]]\nresolution = 512\n",
        "[general]\nshuffle_caption = true\n[[datasets]]\nbatch_size = 2\n",
    ):
        with pytest.raises(RecipeError, match="dataset file of kohya"):
            import_recipe(text, "a.toml")


def test_a_fault_of_yaml_is_told_with_its_line() -> None:
    with pytest.raises(RecipeError, match=r"a\.yaml cannot be read: mapping values are not allowed here in line 2"):
        import_recipe("network_dim: 8\n  seed: 3\n", "a.yaml")
