"""The pack under the name `likeness`, as a host loads it, beside a fake host."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .fake_host import FakeHost, installed

PACK = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake_host(tmp_path: Path) -> Iterator[FakeHost]:
    """A fresh fake host; the pack is loaded anew for it."""
    host = FakeHost(tmp_path)
    with installed(host):
        spec = importlib.util.spec_from_file_location(
            "likeness", PACK / "__init__.py", submodule_search_locations=[PACK.as_posix()]
        )
        assert spec and spec.loader
        sys.modules["likeness"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            yield host
        finally:
            for name in [name for name in sys.modules if name.split(".")[0] == "likeness"]:
                del sys.modules[name]


@pytest.fixture
def pack(fake_host: FakeHost) -> Callable[[str], Any]:
    """`pack("nodes.host.folders")`: a module of the pack."""
    return lambda name: importlib.import_module(f"likeness.{name}")
