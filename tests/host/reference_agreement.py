"""Run by the host's interpreter: references of a strength, a window and a mask on a tiny FLUX and a tiny Qwen-Image.

Arguments: the pack's folder. The last line is one JSON object: largest differences by model and by what is compared.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

PACK = Path(sys.argv[1])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [".", PACK.as_posix()]

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.model_base  # noqa: E402
import comfy.model_management  # noqa: E402
import comfy.model_patcher  # noqa: E402
import comfy.sample  # noqa: E402
import comfy.sd  # noqa: E402
import comfy.supported_models  # noqa: E402
import torch  # noqa: E402
from comfy_extras.nodes_edit_model import ReferenceLatent  # noqa: E402


def load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[path.parent.as_posix()])
    assert spec and spec.loader
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


load("likeness", PACK / "__init__.py")
tiny_flux = load("tiny_flux", PACK / "tests" / "tiny_flux.py")

from likeness.nodes.host.reference import ReferenceUse, with_reference  # noqa: E402

Conditioning = list[list[Any]]


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def flux() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_flux.write_tiny_flux(Path(folder))
        return comfy.sd.load_diffusion_model(path.as_posix())


def qwen() -> Any:
    settings = {"image_model": "qwen_image", "num_layers": 2, "num_attention_heads": 1, "joint_attention_dim": 32}
    config = comfy.supported_models.QwenImage(settings)
    config.set_inference_dtype(torch.float32, None)
    model = comfy.model_base.QwenImage(config)
    with torch.no_grad():
        for number, weight in enumerate(model.parameters()):
            weight.copy_(drawn(*weight.shape, seed=number) * 0.05)
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model.float(), load_device=cpu, offload_device=cpu)


class Bench:
    """One step of a model from the same noise, by what it is told."""

    def __init__(self, model: Any, latent: tuple[int, ...], text: int, method: str = "index") -> None:
        self.model, self.latent, self.text, self.method = model, latent, text, method

    def words(self, seed: int) -> Conditioning:
        told: dict[str, Any] = {"pooled_output": drawn(1, 64, seed=seed + 1), "guidance": 3.5}
        told["reference_latents_method"] = self.method
        return [[drawn(1, 12, self.text, seed=seed), told]]

    def reference(self, seed: int) -> torch.Tensor:
        return drawn(1, self.latent[0], *self.latent[1:-2], 8, 10, seed=seed)

    def core(self, words: Conditioning, seed: int) -> Conditioning:
        return ReferenceLatent.execute(words, {"samples": self.reference(seed)}).args[0]

    def used(self, words: Conditioning, seed: int, **how: Any) -> tuple[Any, Conditioning]:
        return with_reference(self.model, words, self.reference(seed), ReferenceUse(**how))

    def draw(self, told: tuple[Any, Conditioning] | Conditioning, steps: int = 1) -> torch.Tensor:
        model, words = told if isinstance(told, tuple) else (self.model, told)
        noise = drawn(1, *self.latent, seed=9)
        empty = torch.zeros_like(noise)
        return comfy.sample.sample(
            model, noise, steps, 1.0, "euler", "simple", words, words, empty, disable_pbar=True, seed=0
        )

    def both(self, model: Any, positive: Conditioning, negative: Conditioning) -> tuple[torch.Tensor, torch.Tensor]:
        """What one batch of the two says, each."""
        seen: list[torch.Tensor] = []

        def keep(args: dict[str, Any]) -> torch.Tensor:
            seen.extend((args["cond_denoised"], args["uncond_denoised"]))
            return args["denoised"]

        watched = model.clone()
        watched.set_model_sampler_post_cfg_function(keep)
        noise = drawn(2, *self.latent, seed=9)
        comfy.sample.sample(
            watched, noise, 1, 3.0, "euler", "simple", positive, negative, noise * 0, disable_pbar=True, seed=0
        )
        return seen[0], seen[1]


def gap(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def figures(bench: Bench) -> dict[str, Any]:
    words = bench.words(1)
    none, core = bench.draw(words), bench.draw(bench.core(words, 5))
    two = bench.core(bench.core(words, 5), 6)
    left = torch.zeros(64, 80)
    left[:, :40] = 1
    masked = bench.used(words, 5, mask=left)
    other = bench.used(bench.words(3), 6, strength=0.4)[1]
    at_once = bench.both(masked[0], masked[1], other)
    apart = [bench.both(masked[0], told, told)[0] for told in (masked[1], other)]
    model, plain = bench.used(words, 5)
    second = with_reference(bench.model, bench.core(words, 5), bench.reference(6), ReferenceUse(start=1.0))
    half = bench.draw(bench.used(words, 5, start=0.5), steps=4)
    return {
        "acts": gap(none, core),
        "plain": gap(bench.draw((model, plain)), core),
        "plain needs no patch": model is bench.model,
        "strength 0": bench.used(words, 5, strength=0.0)[1] is words,
        "outside its window": gap(bench.draw(bench.used(words, 5, start=1.0)), none),
        "an empty mask": gap(bench.draw(bench.used(words, 5, mask=left * 0)), none),
        "a full mask": gap(bench.draw(bench.used(words, 5, mask=left * 0 + 1)), core),
        "hardly any strength": gap(bench.draw(bench.used(words, 5, strength=1e-9)), none),
        "nearly all strength": gap(bench.draw(bench.used(words, 5, strength=1 - 1e-6)), core),
        "half strength to none": gap(bench.draw(bench.used(words, 5, strength=0.5)), none),
        "half strength to all": gap(bench.draw(bench.used(words, 5, strength=0.5)), core),
        "half a mask to none": gap(bench.draw(masked), none),
        "half a mask to all": gap(bench.draw(masked), core),
        "rows of one batch": max(gap(one, other) for one, other in zip(at_once, apart, strict=True)),
        "the second alone off": gap(bench.draw(second), core),
        "two to one": gap(bench.draw(two), core),
        "half the steps to none": gap(half, bench.draw(words, steps=4)),
        "half the steps to all": gap(half, bench.draw(bench.core(words, 5), steps=4)),
        "the model before": gap(bench.draw(bench.core(words, 5)), core),
    }


def main() -> None:
    of_qwen, latent = qwen(), (16, 1, 12, 8)
    benches = {
        "flux": Bench(flux(), (16, 12, 8), 32),
        "qwen": Bench(of_qwen, latent, 32),
        # References at time 0, as Qwen-Image-Edit 2511 has them; FLUX.1 does not know that.
        "qwen, clean": Bench(of_qwen, latent, 32, "index_timestep_zero"),
    }
    with torch.inference_mode():
        sys.stdout.write(json.dumps({name: figures(bench) for name, bench in benches.items()}) + "\n")


main()
