"""As much of ComfyUI as importing the nodes needs: folders, flags, and an `io` that remembers what it was given."""

import os
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

_MODELS = ("datasets", "loras", "diffusers", "checkpoints", "diffusion_models", "text_encoders", "vae")
_TYPES = {kind: kind.upper() for kind in ("String", "Combo", "Int", "Float", "Boolean", "Image", "Model")}


class Wire(str):
    """Stands for a model, a text encoder or a VAE of the host, which nodes hand on: told apart by its name."""


def stands_for(place: str, name: str, **attributes: Any) -> Any:
    """An object that comes by a wire as one of our class `name` would, with these attributes alone."""
    return type(name, (types.SimpleNamespace,), {"__module__": place})(**attributes)


class Declared:
    """Whatever a schema is made of: its name, id and options."""

    def __init__(self, kind: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.kind = kind
        self.id = args[0] if args else None
        self.args = args
        self.options = options
        self.optional = options.get("optional", False)
        if "template" in options:
            self.template = options["template"]
        if kind == "TemplatePrefix":
            self.input = options["input"]

    def get_io_type(self) -> str:
        """The host's word: STRING for a String, a custom one as it is."""
        return _TYPES.get(self.kind, self.kind)

    def as_dict(self) -> dict[str, Any]:
        return self.options


class _Io:
    """`io.Int.Input("x", default=1)` and all its kin."""

    class ComfyNode:
        hidden = types.SimpleNamespace(unique_id="1")

    class NodeOutput:
        def __init__(self, *args: Any, ui: Any = None) -> None:
            self.args, self.ui = args, ui

    Hidden = types.SimpleNamespace(unique_id="UNIQUE_ID")
    NumberDisplay = types.SimpleNamespace(slider="slider")
    Autogrow = types.SimpleNamespace(
        Input=lambda *args, **options: Declared("Autogrow", args, options),
        TemplatePrefix=lambda **options: Declared("TemplatePrefix", (), options),
    )

    @staticmethod
    def Custom(name: str) -> Any:
        return _kind(name)

    @staticmethod
    def Schema(**options: Any) -> types.SimpleNamespace:
        return types.SimpleNamespace(**options)

    def __getattr__(self, name: str) -> Any:
        return _kind(name)


def _kind(name: str) -> Any:
    def made(*args: Any, **options: Any) -> Declared:
        return Declared(name, args, options)

    return types.SimpleNamespace(Input=made, Output=made)


class ExecutionBlocker:
    def __init__(self, message: str) -> None:
        self.message = message


class _PreviewImage:
    def __init__(self, image: Any, cls: Any = None) -> None:
        self.image = image

    def as_dict(self) -> dict[str, Any]:
        return {"images": [{"filename": "sheet.png"}]}


class _KSampler:
    SAMPLERS = ("euler", "dpmpp_2m")
    SCHEDULERS = ("simple", "karras")


class Interrupted(BaseException):
    """The host's Cancel is no Exception."""


class FakeHost:
    """The fake modules, and what was asked of them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.interrupted = False
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.progress: list[tuple[str, float, float]] = []
        self.shown: dict[str, str] = {}
        """Which node the page shows for one that a graph made while it ran."""
        for name in ("input", "output", "temp", "models", *_MODELS):
            (home / name).mkdir()

    def modules(self) -> dict[str, types.ModuleType]:
        io = _Io()
        memory = _module(
            "comfy.model_management",
            processing_interrupted=lambda: self.interrupted,
            interrupt_current_processing=self._interrupt,
            InterruptProcessingException=Interrupted,
            unload_all_models=lambda: None,
            soft_empty_cache=lambda: None,
            get_torch_device=lambda: "cpu",
        )
        sample = _module(
            "comfy.sample",
            fix_empty_latent_channels=_fix_empty_latent,
            prepare_noise=lambda latent, seed, rows=None: torch.full_like(latent, float(seed)),
            sample=lambda model, noise, *rest, **options: noise,
        )
        lora = _module("comfy.lora")
        bare = {name: _module(f"comfy.{name}") for name in ("lora_convert", "sd", "utils")}
        graph = types.SimpleNamespace(get_display_node_id=lambda node: self.shown.get(node, node))
        registry = types.SimpleNamespace(update_progress=self._progressed, dynprompt=graph)
        server = types.SimpleNamespace(
            client_id="page", send_sync=self._send, last_prompt_id="a-prompt", last_node_id="5"
        )
        extension = type("ComfyExtension", (), {"on_load": lambda self: None})
        return {
            "comfy_api": _module("comfy_api"),
            "comfy_api.v0_0_2": _module(
                "comfy_api.v0_0_2",
                io=io,
                ui=types.SimpleNamespace(PreviewImage=_PreviewImage),
                ComfyExtension=extension,
            ),
            "comfy": _module("comfy", model_management=memory, sample=sample, lora=lora, **bare),
            "comfy.model_management": memory,
            "comfy.sample": sample,
            "comfy.lora": lora,
            **{f"comfy.{name}": module for name, module in bare.items()},
            "comfy.samplers": _module("comfy.samplers", KSampler=_KSampler),
            "comfy_execution": _module("comfy_execution"),
            "comfy_execution.graph": _module("comfy_execution.graph", ExecutionBlocker=ExecutionBlocker),
            "comfy_execution.validation": _module(
                "comfy_execution.validation",
                validate_node_input=lambda received, declared: received in ("*", declared),
            ),
            "comfy_execution.progress": _module("comfy_execution.progress", get_progress_state=lambda: registry),
            "server": _module("server", PromptServer=types.SimpleNamespace(instance=server)),
            "folder_paths": self._folders(),
        }

    def _interrupt(self, value: bool = True) -> None:
        self.interrupted = value

    def _send(self, event: str, data: dict[str, Any], client: str) -> None:
        self.sent.append((event, data))

    def _progressed(self, node: str, done: float, total: float, preview: Any = None) -> None:
        self.progress.append((node, done, total))

    def _full_path(self, name: str, file: str) -> str | None:
        path = self.home / name / file
        return path.as_posix() if path.is_file() else None

    def _folders(self) -> types.ModuleType:
        roots = {name: [(self.home / name).as_posix()] for name in _MODELS}
        return _module(
            "folder_paths",
            folder_names_and_paths=roots,
            get_folder_paths=lambda name: roots[name],
            __file__=(self.home / "folder_paths.py").as_posix(),
            get_input_directory=lambda: (self.home / "input").as_posix(),
            get_output_directory=lambda: (self.home / "output").as_posix(),
            get_temp_directory=lambda: (self.home / "temp").as_posix(),
            get_system_user_directory=lambda name: (self.home / "user" / f"__{name}").as_posix(),
            models_dir=(self.home / "models").as_posix(),
            add_model_folder_path=lambda name, folder: roots.update({name: [folder]}),
            get_filename_list=lambda name: sorted(path.name for path in (self.home / name).glob("*.*")),
            get_full_path=self._full_path,
            get_full_path_or_raise=lambda name, file: (self.home / name / file).as_posix(),
            is_within_directory=_within,
        )


@contextmanager
def installed(host: FakeHost) -> Iterator[None]:
    """Put the fakes where imports find them, for the block."""
    fakes = host.modules()
    before = {name: sys.modules.get(name) for name in fakes}
    sys.modules.update(fakes)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _fix_empty_latent(model: Any, latent: Any, downscale_ratio_spacial: int | None = None) -> Any:
    """As the host's own does for pictures: an empty latent takes on the model's channels, factor and dimensions."""
    form = model.get_model_object("latent_format")
    if torch.count_nonzero(latent) == 0:
        height, width = latent.shape[-2:]
        if downscale_ratio_spacial is not None:
            share = downscale_ratio_spacial / form.spacial_downscale_ratio
            height, width = round(height * share), round(width * share)
        latent = torch.zeros(len(latent), form.latent_channels, height, width)
    return latent.unsqueeze(2) if form.latent_dimensions == 3 and latent.ndim == 4 else latent


def _within(folder: str, target: str) -> bool:
    folder, target = os.path.realpath(folder), os.path.realpath(target)
    return os.path.commonpath((folder, target)) == folder


def _module(name: str, **contents: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    for key, value in contents.items():
        setattr(module, key, value)
    return module
