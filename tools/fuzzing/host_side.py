"""A custom node pack for a temporary host alone: runs one prompt at a time by the host's own validation and executor,
and tells how it ended and which files outside of the host's folders it touched.

`fuzz_host.py` copies it into the `custom_nodes` of the host that it starts. It stands alone: it imports the host, never
our pack.
"""

import asyncio
import builtins
import faulthandler
import json
import logging
import os
import resource
import sys
import tempfile
import threading
import time
import traceback
from typing import Any

import comfy.model_management as management
import execution
import folder_paths
import torch
from aiohttp import web
from comfy_api.v0_0_2 import ComfyExtension, io
from server import PromptServer

HOME = os.path.realpath(folder_paths.base_path)
PACK = os.path.realpath(os.path.join(HOME, "custom_nodes", "likeness"))
OUTSIDE = os.path.realpath(os.path.join(HOME, "..", "outside"))
"""Files that nothing may read: links in the host's folders and names in widgets lead to them."""
WRITABLE = [os.path.join(HOME, *part) for part in (("input",), ("output",), ("temp",), ("models", "loras"), ("user",))]
OWN_SCRATCH = tuple(
    os.path.join(os.path.realpath(tempfile.gettempdir()), name) for name in ("likeness_check_", "likeness_plan_", "tmp")
)
"""Folders that our nodes make for themselves in the system's."""
FORBIDDEN = ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/dev/zero", "/dev/random", "/proc/self/environ")
_WRITES = {
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.chmod",
    "os.utime",
    "shutil.rmtree",
    "shutil.move",
    "shutil.copyfile",
}
_NEVER = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.getaddrinfo",
    "pickle.find_class",
}

KEPT: dict[str, Any] = {}
"""What FuzzKeep was given, handed out by FuzzGiven."""
_TOUCHED: set[str] = set()
_SAID: list[str] = []
_IS_ON = False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _IS_ON:
        return
    if event == "open":
        _opened(args)
    elif event in _WRITES:
        folders = [
            part for part in args if isinstance(part, int) and part > 2 and event not in ("os.chmod", "os.mkdir")
        ]
        for path in args:
            if isinstance(path, str | bytes | os.PathLike):
                _written(event, _below(folders, path))
    elif event in _NEVER:
        _TOUCHED.add(f"{event} {args[:2]!r}"[:200])


def _below(folders: list[int], path: Any) -> Any:
    """A name within an opened folder, as rmtree uses them, as a path."""
    if not folders or os.path.isabs(os.fsdecode(path)):
        return path
    return os.path.join(os.readlink(f"/proc/self/fd/{folders[0]}"), os.fsdecode(path))


def _opened(args: tuple[Any, ...]) -> None:
    path, mode, flags = (*args, None, None)[:3]
    if not isinstance(path, str | bytes | os.PathLike):
        return
    real = _real(path)
    if real.startswith(OUTSIDE) or real in FORBIDDEN:
        _TOUCHED.add(f"read {real}")
    writes = isinstance(mode, str) and any(sign in mode for sign in "wax+")
    writes = writes or (
        mode is None and isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    )
    if writes:
        _written("write", path)


def _written(event: str, path: Any) -> None:
    real = _real(path)
    if "__pycache__" in real or real == "/dev/null" or real.startswith("/proc/"):
        return
    if real.startswith(OWN_SCRATCH):
        return
    if not any(real == root or real.startswith(root + os.sep) for root in WRITABLE):
        _TOUCHED.add(f"{event} {real}")


def _real(path: Any) -> str:
    try:
        return os.path.realpath(os.fsdecode(path))
    except (ValueError, OSError):
        return repr(path)


class _Log(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if not _IS_ON or record.levelno < logging.WARNING:
            return
        text = record.getMessage()
        if record.exc_info:
            text += "".join(traceback.format_exception(*record.exc_info))
        _SAID.append(text[:4000])


sys.addaudithook(_watch)
logging.getLogger().addHandler(_Log())


class FuzzGiven(io.ComfyNode):
    """Hands out what is kept under a name, into any input."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="FuzzGiven",
            inputs=[io.String.Input("key"), io.String.Input("json", default="", optional=True)],
            outputs=[io.AnyType.Output()],
        )

    @classmethod
    def execute(cls, key: str, json: str = "") -> Any:
        return io.NodeOutput(_junk(key, json) if key.startswith("junk:") else KEPT[key])


class FuzzKeep(io.ComfyNode):
    """Keeps what comes in under a name."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="FuzzKeep",
            is_output_node=True,
            inputs=[io.AnyType.Input("value"), io.String.Input("key")],
            outputs=[],
        )

    @classmethod
    def execute(cls, value: Any, key: str) -> Any:
        KEPT[key] = value
        return io.NodeOutput()


class Odd:
    """A value of another pack, whose every attribute is a text."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


def _junk(key: str, given: str) -> Any:
    kind = key.removeprefix("junk:")
    makers: dict[str, Any] = {
        "none": lambda: None,
        "json": lambda: json.loads(given),
        "bytes": lambda: b"\xff\x00",
        "odd": Odd,
        "class": lambda: Odd().__class__,
        "function": lambda: print,
        "nan image": lambda: torch.full((1, 16, 16, 3), float("nan")),
        "inf image": lambda: torch.full((1, 16, 16, 3), float("inf")),
        "no image": lambda: torch.zeros((0, 16, 16, 3)),
        "thin image": lambda: torch.zeros((1, 0, 16, 3)),
        "one pixel": lambda: torch.zeros((1, 1, 1, 3)),
        "grey image": lambda: torch.zeros((1, 16, 16, 1)),
        "alpha image": lambda: torch.rand((2, 16, 16, 4)),
        "many channels": lambda: torch.rand((1, 16, 16, 7)),
        "flat": lambda: torch.zeros((16,)),
        "scalar": lambda: torch.tensor(1.0),
        "integers": lambda: torch.zeros((1, 16, 16, 3), dtype=torch.int64),
        "complex": lambda: torch.zeros((1, 16, 16, 3), dtype=torch.complex64),
        "double": lambda: torch.rand((1, 16, 16, 3), dtype=torch.float64),
        "wide": lambda: torch.zeros((1, 1, 70000, 3)),
        "images": lambda: torch.rand((3, 24, 16, 3)),
        "mask": lambda: torch.rand((1, 16, 16)),
        "latent": lambda: {"samples": torch.zeros((1, 4, 4, 4))},
        "empty latent": lambda: {"samples": torch.zeros((0, 4, 4, 4))},
        "list of images": lambda: [torch.rand((1, 16, 16, 3)), None],
        "conditioning": lambda: [[torch.zeros((1, 77, 8)), {"pooled_output": None}]],
        "empty conditioning": lambda: [],
    }
    return makers[kind]()


class Runner:
    """One prompt at a time, as the host's worker runs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: Any = None
        self._number = 0

    def run(self, prompt: dict[str, Any], seconds: float, keep: bool = False) -> dict[str, Any]:
        global _IS_ON
        with self._lock:
            self._number += 1
            _TOUCHED.clear()
            _SAID.clear()
            begun = time.monotonic()
            _IS_ON = not keep
            try:
                told = self._ended(prompt, f"fuzz{self._number}", seconds, keep)
            finally:
                _IS_ON = False
            told["seconds"] = round(time.monotonic() - begun, 3)
            told["outside"] = sorted(_TOUCHED)
            told["said"] = [said for said in _SAID if "Traceback" in said or said.startswith("WARNING:")]
            told["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            return told

    def _ended(self, prompt: dict[str, Any], name: str, seconds: float, keep: bool) -> dict[str, Any]:
        valid, error, outputs, node_errors = asyncio.run(execution.validate_prompt(name, prompt, None))
        if not valid or node_errors:
            return {"outcome": "refused", "errors": _refusals(error, node_errors)}
        if self._executor is None:
            cache = execution.CacheType.CLASSIC
            self._executor = execution.PromptExecutor(
                PromptServer.instance, cache_type=cache, cache_args={"lru": 0, "ram": 0, "ram_inactive": 0}
            )
        PromptServer.instance.last_prompt_id = name
        stop = threading.Timer(seconds, lambda: management.interrupt_current_processing(True))
        stop.start()
        try:
            self._executor.execute(prompt, name, {"client_id": "fuzz"}, outputs)
        finally:
            stop.cancel()
        for kind, data in self._executor.status_messages:
            if kind == "execution_error":
                return {
                    "outcome": "error",
                    "type": data["exception_type"],
                    "message": data["exception_message"],
                    "traceback": data["traceback"],
                    "node": data["node_type"],
                }
            if kind == "execution_interrupted":
                return {"outcome": "interrupted"}
        try:
            json.dumps(self._executor.history_result, allow_nan=False, default=_unsent)
        except ValueError as fault:
            return {"outcome": "error", "type": "page", "message": str(fault), "traceback": [PACK], "node": "ui"}
        return {"outcome": "success", "outputs": self._executor.history_result.get("outputs", {}) if keep else {}}


def _unsent(value: Any) -> Any:
    raise ValueError(f"no JSON: {type(value).__name__}")


def _refusals(error: Any, node_errors: dict[str, Any]) -> list[dict[str, Any]]:
    found = [one for node in node_errors.values() for one in node["errors"]] or [error]
    return [
        {
            "type": one.get("type"),
            "details": str(one.get("details"))[:3000],
            "traceback": (one.get("extra_info") or {}).get("traceback", ""),
        }
        for one in found
    ]


RUNNER = Runner()


async def _case(request: web.Request) -> web.Response:
    asked = json.loads(await request.read())
    faulthandler.dump_traceback_later(asked.get("hangs", 60), exit=True)
    try:
        told = await asyncio.to_thread(RUNNER.run, asked["prompt"], asked.get("seconds", 2), asked.get("keep", False))
    except Exception as fault:  # noqa: BLE001 - the host's own, told apart by where it was raised
        told = {"outcome": "error", "type": type(fault).__name__, "message": str(fault), "node": "host"}
        told |= {"traceback": traceback.format_exception(fault), "outside": [], "said": [], "rss": 0, "seconds": 0}
    finally:
        faulthandler.cancel_dump_traceback_later()
    return web.json_response(told)


class FuzzExtension(ComfyExtension):
    async def on_load(self) -> None:
        PromptServer.instance.routes.post("/fuzz/case")(_case)

    async def get_node_list(self) -> list[type[Any]]:
        return [FuzzGiven, FuzzKeep]


async def comfy_entrypoint() -> FuzzExtension:
    return FuzzExtension()


assert builtins.open  # the hook is on before anything of ours opens a file
