"""The pack under the name `likeness`, as a host loads it, beside a fake host."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .fake_host import FakeHost, installed

PACK = Path(__file__).resolve().parents[2]
_ENGINE = "likeness.trainer"
_engine: dict[str, Any] = {}
"""The engine's modules, which know nothing of the host that they are loaded beside: they last from pack to pack."""


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
        spec.loader.exec_module(module)
        try:
            yield host
        finally:
            for name in [name for name in sys.modules if name.split(".")[0] == "likeness"]:
                gone = sys.modules.pop(name)
                if name == _ENGINE or name.startswith(f"{_ENGINE}."):
                    _engine[name] = gone


def module_of_pack(name: str) -> Any:
    """`nodes.host.folders`: a module of the pack."""
    return importlib.import_module(f"likeness.{name}")


@pytest.fixture
def fake_host(tmp_path: Path) -> Iterator[FakeHost]:
    with loaded_pack(tmp_path) as host:
        yield host


@pytest.fixture
def pack(fake_host: FakeHost) -> Callable[[str], Any]:
    return module_of_pack
