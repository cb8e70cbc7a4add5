"""The folder of a site: what differs is written, what is gone is removed, what is not ours stays."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ldmrelease.services.reports.site_folder import MANIFEST, NotASite, SiteChanges, SiteFile, update_site


def files(**contents: str) -> list[SiteFile]:
    def made(content: str) -> Callable[[], str]:
        return lambda: content

    return [
        SiteFile(name.replace("__", "/") + ".html", content.encode(), made(content))
        for name, content in contents.items()
    ]


def update(folder: Path, maker: str = "1", **contents: str) -> SiteChanges:
    return update_site(folder, files(**contents), maker)


def found(folder: Path) -> dict[str, str]:
    return {
        str(each.relative_to(folder)): each.read_text()
        for each in folder.rglob("*")
        if each.is_file() and each.name != MANIFEST
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    update(made, index="one", a__b="two")
    return made


def test_only_what_differs_is_written(folder: Path):
    before = (folder / "index.html").stat().st_mtime_ns, (folder / MANIFEST).stat().st_mtime_ns
    changes = update(folder, index="one", a__b="two")
    assert (changes.files, changes.written, changes.removed) == (2, (), ())
    assert ((folder / "index.html").stat().st_mtime_ns, (folder / MANIFEST).stat().st_mtime_ns) == before
    changes = update(folder, index="one", a__b="three")
    assert (changes.written, changes.written_size) == (("a/b.html",), 5)
    assert found(folder) == {"index.html": "one", "a/b.html": "three"}


def test_what_is_no_longer_part_of_it_goes_and_nothing_else(folder: Path):
    (folder / "CNAME").write_text("ours.example")
    (folder / "a" / "notes.txt").write_text("ours")
    assert update(folder, index="one").removed == ("a/b.html",)
    assert found(folder) == {"index.html": "one", "CNAME": "ours.example", "a/notes.txt": "ours"}


def test_an_empty_folder_of_a_page_that_is_gone_goes(folder: Path):
    update(folder, index="one")
    assert not (folder / "a").exists()


def test_a_page_that_somebody_changed_is_as_it_was_again(folder: Path):
    (folder / "index.html").write_text("changed")
    (folder / "a" / "b.html").unlink()
    assert set(update(folder, index="one", a__b="two").written) == {"index.html", "a/b.html"}
    assert found(folder) == {"index.html": "one", "a/b.html": "two"}


def test_what_is_made_by_another_program_is_made_anew_and_written_where_it_differs(folder: Path):
    assert update(folder, maker="2", index="one", a__b="two").written == ()
    made: list[str] = []
    file = SiteFile("index.html", b"one", lambda: made.append("made") or "one")
    update_site(folder, [file], "3")
    update_site(folder, [file], "3")
    assert made == ["made"], "once, although its bytes are the same"


def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(NotASite, match="name another folder"):
        update(tmp_path, index="one")
    assert found(tmp_path) == {"thesis.txt": "precious"}
    with pytest.raises(NotASite, match="not a folder"):
        update(tmp_path / "thesis.txt", index="one")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1, "files": []}', '{"format": 1, "files": {"a": 1}}']
)
def test_a_list_of_files_that_cannot_be_read_is_refused(folder: Path, text: str):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(NotASite):
        update(folder, index="one")


@pytest.mark.parametrize(
    "address", ["../victim.txt", "/{outside}/victim.txt", "a/../../victim.txt", MANIFEST]
)
def test_a_list_that_names_files_of_elsewhere_removes_none_of_them(folder: Path, address: str):
    victim = folder.parent / "victim.txt"
    victim.write_text("precious")
    address = address.replace("/{outside}", str(folder.parent))
    entry = f'"{address}": ["1", "2", 3]'
    (folder / MANIFEST).write_text(f'{{"format": 1, "files": {{{entry}}}}}')
    update(folder, index="one")
    assert victim.read_text() == "precious"
    assert (folder / MANIFEST).exists()


def test_a_link_that_leads_out_is_not_followed(folder: Path):
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "b.html").write_text("precious")
    (folder / "a" / "b.html").unlink()
    (folder / "a").rmdir()
    (folder / "a").symlink_to(outside)
    with pytest.raises(NotASite, match="leads out"):
        update(folder, index="one", a__b="three")
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(outside / "b.html")
    update(folder, index="new")
    assert (outside / "b.html").read_text() == "precious"
    assert not (folder / "index.html").is_symlink()


def test_a_link_under_the_name_that_a_page_is_written_by_is_not_followed(folder: Path):
    victim = folder.parent / "victim.txt"
    victim.write_text("precious")
    for name in (".index.html.new", f".index.html.{os.getpid()}", f".{MANIFEST}.{os.getpid()}"):
        (folder / name).symlink_to(victim)
    update(folder, index="new", a__b="two")
    assert victim.read_text() == "precious"
    assert (folder / "index.html").read_text() == "new"


def test_no_folder_is_made_where_a_link_leads(folder: Path):
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / "c").symlink_to(outside)
    with pytest.raises(NotASite, match="leads out"):
        update(folder, c__d__e="three")
    assert list(outside.iterdir()) == []


def test_a_file_that_is_not_as_it_was_written_stays(folder: Path):
    """Whoever wrote the list of files, or the file: it is somebody else's now."""
    (folder / "thesis.txt").write_text("precious")
    listed = json.loads((folder / MANIFEST).read_text())
    listed["files"]["thesis.txt"] = ["1", "2", 3]
    (folder / MANIFEST).write_text(json.dumps(listed))
    (folder / "a" / "b.html").write_text("notes of mine")
    assert update(folder, index="one").removed == ()
    assert found(folder) == {"index.html": "one", "a/b.html": "notes of mine", "thesis.txt": "precious"}
    assert update(folder, index="one").removed == ()


def test_a_build_that_ends_halfway_is_taken_up_by_the_next_one(tmp_path: Path):
    def fails() -> str:
        raise RuntimeError("out of space")

    folder = tmp_path / "site"
    with pytest.raises(RuntimeError):
        update_site(folder, [*files(index="one"), SiteFile("b.html", b"b", fails)], "1")
    assert found(folder) == {"index.html": "one"}
    assert update(folder, index="one", b="two").files == 2
    assert found(folder) == {"index.html": "one", "b.html": "two"}
