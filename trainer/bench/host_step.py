"""An arm of `bench train` in ComfyUI's own interpreter: its TrainLoraNode on the same file, told when to go on.

Run as a file, `host_step.py COMFYUI TASK`: nothing of this package is imported.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

_STEPS = 100_000
_PICTURES, _CONTEXT, _POOLED = 16, 2048, 1280
_UNET = "model.diffusion_model."
_MARK = "@arm "


def main(host: str, text: str) -> None:
    """Train until nothing more is asked."""
    sys.path.insert(0, host)
    task = json.loads(text)
    arguments = importlib.import_module("comfy.cli_args").args
    arguments.cpu = task["device"] == "cpu"
    torch: Any = importlib.import_module("torch")
    nodes: Any = importlib.import_module("comfy_extras.nodes_train")
    utils = importlib.import_module("comfy.utils")
    turns = _Turns(torch, task["device"])

    class Bar:
        """In place of the host's, which leaves out updates that come fast."""

        def __init__(self, *_: Any, **__: Any) -> None: ...

        def update(self, _: int) -> None:
            turns.wait()

    make = nodes._create_optimizer

    def counted(name: str, weights: Any, lr: float) -> Any:
        turns.weights = sum(weight.numel() for weight in weights)
        return make(name, weights, lr)

    nodes.ProgressBar, nodes._create_optimizer = Bar, counted
    patcher = _patcher(utils, torch, Path(task["base"]))
    side = task["side"] // 8
    told = {"pooled_output": torch.randn(1, _POOLED)}
    memory = task["memory"]
    given = {
        "model": patcher,
        "latents": {"samples": torch.randn(_PICTURES, 4, side, side)},
        "positive": [[torch.randn(1, 77, _CONTEXT), told] for _ in range(_PICTURES)],
        "batch_size": task["batch"],
        "steps": _STEPS,
        "grad_accumulation_steps": 1,
        "learning_rate": 1e-4,
        "rank": task["rank"],
        "optimizer": "AdamW",
        "loss_function": "MSE",
        "seed": 0,
        "training_dtype": memory["precision"],
        "lora_dtype": "fp32",
        "quantized_backward": False,
        "algorithm": "LoRA",
        "gradient_checkpointing": memory["gradient_checkpointing"],
        "checkpoint_depth": 1,
        "offloading": False,
        "existing_lora": "[None]",
        "bucket_mode": False,
        "bypass_mode": False,
    }
    turns.first()
    nodes.TrainLoraNode.execute(**{name: [value] for name, value in given.items()})


class _Turns:
    """Steps are made as they are asked for."""

    def __init__(self, torch: Any, device: str) -> None:
        self._torch, self._device = torch, device
        self._left = self._count = self.weights = 0
        self._since = self._busy = 0.0

    def first(self) -> None:
        """The first steps are asked for before training begins, their time counts its preparation."""
        self._next()

    def wait(self) -> None:
        """A step is made."""
        self._left -= 1
        if self._left:
            return
        self._synchronise()
        seconds, busy = time.perf_counter() - self._since, time.process_time() - self._busy
        _answer({"seconds": seconds / self._count, "processor": busy / self._count})
        self._next()

    def _next(self) -> None:
        for line in sys.stdin:
            what, _, count = line.strip().partition(" ")
            if what == "steps":
                self._left = self._count = int(count)
                self._since, self._busy = time.perf_counter(), time.process_time()
                return
            if what == "forget":
                self._forget_peak()
                _answer({})
            else:
                _answer({"weights": self.weights} if what == "weights" else self._memory())
        raise SystemExit

    def _synchronise(self) -> None:
        if self._device != "cpu":
            self._torch.cuda.synchronize(self._device)

    def _forget_peak(self) -> None:
        if self._device != "cpu":
            self._torch.cuda.reset_peak_memory_stats(self._device)
        else:
            Path("/proc/self/clear_refs").write_text("5")

    def _memory(self) -> dict[str, float]:
        if self._device != "cpu":
            return {"peak": round(self._torch.cuda.max_memory_allocated(self._device) / 2**20, 1)}
        lines = Path("/proc/self/status").read_text().splitlines()
        most = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return {"peak": round(most / 1024, 1)}


def _patcher(utils: Any, torch: Any, path: Path, disable_dynamic: bool = False) -> Any:
    """The host's own model of the file; its SDXL settings with this file's sizes where it does not know them."""
    state = {k: v for k, v in utils.load_torch_file(path.as_posix()).items() if k.startswith(_UNET)}
    detection = importlib.import_module("comfy.model_detection")
    management = importlib.import_module("comfy.model_management")
    config = detection.detect_unet_config(state, _UNET)
    models = importlib.import_module("comfy.supported_models")
    known = detection.model_config_from_unet_config(config)
    settings = known if known is not None else models.SDXL(config)
    settings.set_inference_dtype(torch.float32, None)
    model = settings.get_model(state, _UNET, device="cpu")
    model.load_model_weights(state, _UNET)
    kind = importlib.import_module("comfy.model_patcher").ModelPatcher
    device = management.get_torch_device()
    patcher = kind(model, load_device=device, offload_device=management.unet_offload_device())
    # The host asks for a copy to train on.
    patcher.cached_patcher_init = (_patcher, (utils, torch, path))
    return patcher


def _answer(what: dict[str, Any]) -> None:
    sys.stdout.write(_MARK + json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
