from pathlib import Path

import pytest

from trainer.storage import user_cache


def test_a_host_keeps_it_where_it_keeps_what_is_its_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(user_cache, "_kept_in", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert user_cache.user_cache("a.json") == tmp_path / "own" / "likeness" / "a.json"
    user_cache.keep_in(tmp_path / "host")
    assert user_cache.user_cache("a.json") == tmp_path / "host" / "a.json"
