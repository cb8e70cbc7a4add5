"""What is kept of renderings: for the same things again, for nobody else, and never in the way."""

import os
import stat
from pathlib import Path

import pytest

from ldmrelease.trees.rendering import cache as module
from ldmrelease.trees.rendering.cache import RenderCache, cache_folder, key_of
from ldmrelease.trees.rendering.sentinels import Sentinels
from ldmrelease.trees.values import YamlScalar


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_what_was_kept_is_there_for_the_next_one(folder: Path) -> None:
    RenderCache(folder).put("a", b"rendered")
    assert RenderCache(folder).get("a") == b"rendered"
    assert RenderCache(folder).get("b") is None


def test_the_secret_stays_and_is_readable_by_nobody_else(folder: Path) -> None:
    assert RenderCache(folder).secret == RenderCache(folder).secret
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600


def test_without_a_folder_of_our_own_nothing_is_kept(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o755)
    for place in (None, folder, folder / "file" / "below"):
        cache = RenderCache(place) if place != folder / "file" / "below" else RenderCache(_file(folder) / "x")
        cache.put("a", b"rendered")
        assert cache.get("a") is None
        assert len(cache.secret) == 32


def _file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


def test_a_link_in_the_place_of_an_entry_is_not_followed(folder: Path, tmp_path: Path) -> None:
    cache = RenderCache(folder)
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    assert cache.get("a") is None
    cache.put("a", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"


def test_an_entry_that_others_may_write_is_not_read(folder: Path) -> None:
    cache = RenderCache(folder)
    cache.put("a", b"rendered")
    (folder / "a").chmod(0o666)
    assert cache.get("a") is None


def test_the_oldest_entries_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    cache = RenderCache(folder)
    for age, name in enumerate("abcdefg"):
        cache.put(name, b"rendered")
        os.utime(folder / name, (age, age))
    cache.put("h", b"rendered")
    cache.put("i", b"rendered")
    assert cache.get("a") is None
    assert cache.get("i") == b"rendered"
    assert RenderCache(folder).secret == cache.secret


def test_keys_differ_where_a_boundary_does() -> None:
    assert key_of([b"ab", b"c"]) != key_of([b"a", b"bc"])


@pytest.mark.parametrize("name", ["CI", "LDMRELEASE_NO_CACHE"])
def test_it_can_be_kept_away_from(name: str) -> None:
    assert cache_folder({"HOME": "/home/ada"}) == Path("/home/ada/.cache/ldmrelease/rendered")
    assert cache_folder({"HOME": "/home/ada", name: "1"}) is None
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) is None


def test_a_scalar_keeps_its_sentinel_whatever_it_says() -> None:
    def scalar(text: str, path: str = "tag") -> YamlScalar:
        return YamlScalar(text, True, "values.yaml", 1, ("image", path))

    one, two, other = Sentinels(b"s"), Sentinels(b"s"), Sentinels(b"t")
    assert one.scalar(scalar("1.2.0")).text == two.scalar(scalar("1.3.0")).text
    assert one.scalar(scalar("1.2.0")).text != other.scalar(scalar("1.2.0")).text
    assert one.scalar(scalar("1.2.0")).text != one.scalar(scalar("1.2.0", "other")).text
