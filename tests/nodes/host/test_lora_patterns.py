"""LoRA files by names and patterns: what is meant, and that nothing outside the host's folders is."""

from collections.abc import Callable
from typing import Any

import pytest

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def named(pack: Pack, fake_host: FakeHost) -> Any:
    for name in ("sage-000001", "sage-000002", "sage", "other[1]", "a, b"):
        (fake_host.home / "loras" / f"{name}.safetensors").write_bytes(b"")
    (fake_host.home / "loras" / "notes.txt").write_text("no LoRA")
    (fake_host.home / "secret.safetensors").write_bytes(b"")
    return pack("nodes.host.lora_patterns").named_loras


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sage", ["sage"]),
        ("sage.safetensors\n", ["sage"]),
        ("sage-*", ["sage-000001", "sage-000002"]),
        ("sage-00000?\nsage*", ["sage-000001", "sage-000002", "sage"]),
        ("other[1]", ["other[1]"]),
        ("  sage   # the last one\n\n# nothing", ["sage"]),
        ("sage, other[1]", ["sage", "other[1]"]),
        ("a, b", ["a, b"]),
        ("", []),
    ],
)
def test_names_and_patterns_mean_the_hosts_files(named: Any, text: str, names: list[str]) -> None:
    assert sorted(named(text)) == sorted(f"{name}.safetensors" for name in names)


@pytest.mark.parametrize(
    "line",
    [
        "../secret",
        "../*",
        "/etc/passwd",
        "/*",
        "C:\\x",
        "..\\secret",
        "notes.txt",
        "nothing",
        "likeness/",
        "x" * 10_000,
    ],
)
def test_what_is_not_listed_is_refused_in_a_sentence(pack: Pack, named: Any, line: str) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="No LoRA of models/loras is") as fault:
        named(line)
    assert len(str(fault.value)) < 400
