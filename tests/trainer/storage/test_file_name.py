"""Names that work as files everywhere."""

import pytest

from trainer.storage.file_name import file_name_fault


@pytest.mark.parametrize("name", ["CON", "con", "Nul.txt", "prn .x", "AUX", "COM1", "lpt9.tar.gz", "COM¹", "con."])
def test_a_device_of_windows_is_refused(name: str) -> None:
    assert "device" in (file_name_fault(name) or "")


@pytest.mark.parametrize("name", ["console", "com10", "lpt", "my con", "nul_2", "sage.con"])
def test_what_only_looks_like_a_device_is_none(name: str) -> None:
    assert file_name_fault(name) is None


def test_bytes_are_counted_not_letters() -> None:
    assert file_name_fault("a" * 192) is None
    assert file_name_fault("好" * 64) is None
    fault = file_name_fault("𝒜" * 64)
    assert fault is not None and "256 bytes" in fault and len(fault) < 200
    assert "bytes" in (file_name_fault("\ud800" * 100) or "")
