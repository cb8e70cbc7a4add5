"""`resolve`: manifests with the digests of a pinned release."""

import json

import pytest

from tests.workspace import BEFORE, Site

MANIFEST = "# Kept.\nkind: Pod\nspec:\n  containers:\n  - {name: main, image: component://scipipe}  # here\n"


@pytest.fixture
def pinned(site: Site) -> Site:
    site.ok("release", "pin", BEFORE)
    (site.root / "pod.yaml").write_text(MANIFEST)
    return site


def digest(site: Site) -> str:
    shown = json.loads(site.ok("release", "show", BEFORE, "-o", "json"))
    components = shown["components"] if "components" in shown else shown["release"]["components"]
    found: str = next(each["digest"] for each in components if each["name"] == "scipipe")
    return found


def test_the_digest_stands_where_the_component_was_named(pinned: Site) -> None:
    said = pinned.ok("resolve", "-f", str(pinned.root / "pod.yaml"), "--release", BEFORE)
    assert said == MANIFEST.replace("component://scipipe", f"oci:images/scipipe@{digest(pinned)}")


def test_a_folder_becomes_one_stream_of_documents(pinned: Site) -> None:
    folder = pinned.root / "manifests"
    folder.mkdir()
    for name in ("b.yaml", "a.yml"):
        (folder / name).write_text(MANIFEST)
    said = pinned.ok("resolve", "-f", str(folder), "--release", BEFORE)
    assert said.count("\n---\n") == 1
    assert said.count(digest(pinned)) == 2


def test_an_unknown_component_is_told_with_file_and_line_and_nothing_is_printed(pinned: Site) -> None:
    wrong = pinned.root / "wrong.yaml"
    wrong.write_text("image: component://sciplot\n")
    refused = pinned.run(
        "resolve", "-f", str(pinned.root / "pod.yaml"), "-f", str(wrong), "--release", BEFORE
    )
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert f"{wrong}:1: component://sciplot is not a component here; known are" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "nowhere.yaml", "--release", BEFORE), "nowhere.yaml cannot be read"),
        (("-f", "pod.yaml", "--release", "w.2023.14"), "is not pinned"),
        (("-f", "pod.yaml", "--release", BEFORE, "-e", "nowhere"), "there is no environment 'nowhere'"),
    ],
)
def test_what_is_not_there_is_a_mistake(pinned: Site, words: tuple[str, ...], said: str) -> None:
    refused = pinned.run("resolve", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
