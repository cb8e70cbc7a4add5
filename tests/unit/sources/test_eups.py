"""EUPS lists: what a tag was built from, and the content digest that a final shares with its candidate."""

from pathlib import Path

import pytest

from ldmrelease.sources.eups import BadList, find_build, read_listing

SHA = "0123456789abcdef0123456789abcdef01234567"
OTHER = SHA[::-1]


def lists(folder: Path, tag: str, text: str, manifest: str | None, build: str = "b6598") -> Path:
    for name, content in ((f"tags/{tag}.list", text), (f"manifests/{build}.txt", manifest)):
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return folder


def header(tag: str, build: str = "b6598") -> str:
    return f"EUPS distribution {tag} version list. Version 1.0\n#BUILD={build}\nafw generic {tag}\n"


def test_a_build_is_its_products_and_their_commits(tmp_path: Path) -> None:
    manifest = f"# a comment\nBUILD=b6598\nutils {SHA} v1 \nafw {OTHER} v2 utils\n"
    build = find_build(lists(tmp_path, "w_2023_16", header("w_2023_16"), manifest), "w_2023_16")
    assert build is not None
    assert (build.tag, build.build_id) == ("w_2023_16", "b6598")
    assert build.products == {"utils": SHA, "afw": OTHER}
    assert read_listing(build.listing) == build.products


def test_content_does_not_depend_on_order_versions_or_the_tags_name(tmp_path: Path) -> None:
    one = lists(tmp_path / "a", "v24_0_0_rc4", header("v24_0_0_rc4"), f"a {SHA} v1\nb {OTHER} v1\n")
    two = lists(tmp_path / "b", "v24_0_0", header("v24_0_0", "b1"), f"b {OTHER} v9 a\na {SHA} v8\n", "b1")
    candidate, final = find_build(one, "v24_0_0_rc4"), find_build(two, "v24_0_0")
    assert candidate is not None
    assert final is not None
    assert candidate.content == final.content is not None


def test_versions_are_listed_apart_from_the_content(tmp_path: Path) -> None:
    manifest = f"b {OTHER} g0123abc+4 a\na {SHA} 26.0.0\nc {SHA}\n"
    build = find_build(lists(tmp_path, "w_1", header("w_1"), manifest), "w_1")
    assert build is not None
    assert read_listing(build.versions) == {"a": "26.0.0", "b": "g0123abc+4"}


def test_one_other_commit_is_another_content(tmp_path: Path) -> None:
    one = lists(tmp_path / "a", "w_1", header("w_1"), f"a {SHA} v1\n")
    two = lists(tmp_path / "b", "w_1", header("w_1"), f"a {OTHER} v1\n")
    assert find_build(one, "w_1").content != find_build(two, "w_1").content  # type: ignore[union-attr]


def test_a_tag_that_is_not_there_is_no_build(tmp_path: Path) -> None:
    assert find_build(tmp_path, "w_2023_16") is None


@pytest.mark.parametrize("text", [header("w_2023_16").replace("#BUILD=b6598\n", ""), header("w_2023_16")])
def test_a_build_without_its_manifest_has_no_content(tmp_path: Path, text: str) -> None:
    build = find_build(lists(tmp_path, "w_2023_16", text, None), "w_2023_16")
    assert build is not None
    assert build.content is None


@pytest.mark.parametrize(
    ("text", "manifest", "said"),
    [
        (header("w_2023_15"), f"a {SHA} v1\n", "w_2023_16.list:1: the header"),
        (header("w_2023_16"), f"a {SHA} v1\nb deadbeef v1\n", "b6598.txt:2: 'b deadbeef v1'"),
        (header("w_2023_16"), f"a {SHA} v1\na {OTHER} v1\n", "b6598.txt:2: a stands twice"),
        (header("w_2023_16"), "# nothing\n", "b6598.txt:1: the manifest names no product"),
    ],
)
def test_what_cannot_be_read_names_file_and_line(tmp_path: Path, text: str, manifest: str, said: str) -> None:
    with pytest.raises(BadList, match=said.replace(".", r"\.")):
        find_build(lists(tmp_path, "w_2023_16", text, manifest), "w_2023_16")
