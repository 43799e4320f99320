"""The pack under the name `likeness`, as a host loads it, beside a fake host."""

import asyncio
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from .fake_host import FakeHost, installed

PACK = Path(__file__).resolve().parents[2]
_ENGINE = "likeness.trainer"
_engine: dict[str, Any] = {}
"""The engine's modules, which know nothing of the host that they are loaded beside: they last from pack to pack."""


class _CompiledOnce(SourceFileLoader):
    """A module of the pack runs anew for every host; compiling it each time would cost more than most tests."""

    @cache  # noqa: B019 - a few hundred modules, equal by name and path
    def get_code(self, fullname: str) -> CodeType | None:
        return super().get_code(fullname)

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith("likeness."):
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = cls(spec.loader.name, spec.loader.path)
        return spec


@contextmanager
def loaded_pack(home: Path) -> Iterator[FakeHost]:
    """The pack beside a fresh fake host, its nodes loaded anew for it."""
    host = FakeHost(home)
    with installed(host):
        spec = importlib.util.spec_from_file_location(
            "likeness", PACK / "__init__.py", submodule_search_locations=[PACK.as_posix()]
        )
        assert spec and spec.loader
        sys.modules["likeness"] = module = importlib.util.module_from_spec(spec)
        if _engine:
            sys.modules.update(_engine)
            module.trainer = _engine[_ENGINE]  # type: ignore[attr-defined]
        sys.meta_path.insert(0, _CompiledOnce)  # type: ignore[arg-type]
        try:
            spec.loader.exec_module(module)
            yield host
        finally:
            sys.meta_path.remove(_CompiledOnce)  # type: ignore[arg-type]
            for name in [name for name in sys.modules if name.split(".")[0] == "likeness"]:
                gone = sys.modules.pop(name)
                if name == _ENGINE or name.startswith(f"{_ENGINE}."):
                    _engine[name] = gone


def module_of_pack(name: str) -> Any:
    """`nodes.host.folders`: a module of the pack."""
    return importlib.import_module(f"likeness.{name}")


def listed_nodes() -> list[Any]:
    """What the pack tells a host that asks for its nodes."""
    # In a thread of its own: Playwright's tests leave a loop running in this one.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, module_of_pack("nodes").LikenessExtension().get_node_list()).result()


@pytest.fixture
def no_dlib(pack: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in the pack's own copy of the engine."""
    monkeypatch.setattr(pack("trainer.faces.readers.dlib"), "find_spec", lambda _: None)


@pytest.fixture
def fake_host(tmp_path: Path) -> Iterator[FakeHost]:
    with loaded_pack(tmp_path) as host:
        yield host


@pytest.fixture
def pack(fake_host: FakeHost) -> Callable[[str], Any]:
    return module_of_pack
