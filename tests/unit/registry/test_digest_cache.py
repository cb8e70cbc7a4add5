"""What was read by its digest is kept, and believed for its bytes alone."""

from pathlib import Path

from ldmrelease.domain.canonical import digest
from ldmrelease.registry.digest_cache import DigestCache, image_cache

CONTENT = b"{}"


def test_what_was_put_is_there_again(tmp_path: Path) -> None:
    DigestCache(tmp_path / "images").put(digest(CONTENT), CONTENT)
    again = DigestCache(tmp_path / "images")
    assert again.get(digest(CONTENT), 10) == CONTENT
    assert again.get(digest(CONTENT), 1) is None
    assert again.get(digest(b"other"), 10) is None


def test_other_bytes_under_its_name_are_not_believed(tmp_path: Path) -> None:
    cache = DigestCache(tmp_path)
    cache.put(digest(CONTENT), CONTENT)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"[]")
    assert cache.get(digest(CONTENT), 10) is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    cache = DigestCache(file)
    cache.put(digest(CONTENT), CONTENT)
    assert cache.get(digest(CONTENT), 10) is None


def test_the_oldest_go_where_there_are_too_many(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("ldmrelease.registry.digest_cache._MOST", 3)
    monkeypatch.setattr("ldmrelease.registry.digest_cache._AT_ONCE", 2)
    cache = DigestCache(tmp_path)
    for number in range(9):
        cache.put(digest(str(number).encode()), str(number).encode())
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_kept_where_that_is_not_wanted(tmp_path: Path) -> None:
    home = {"XDG_CACHE_HOME": str(tmp_path)}
    for environ in ({}, home | {"CI": "true"}, home | {"LDMRELEASE_NO_CACHE": "1"}):
        image_cache(environ).put(digest(CONTENT), CONTENT)
        assert not list(tmp_path.iterdir())
    image_cache(home).put(digest(CONTENT), CONTENT)
    assert list(tmp_path.iterdir())
