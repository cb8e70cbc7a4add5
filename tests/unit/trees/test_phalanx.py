"""A tree in Phalanx's shape, read without Helm."""

import pytest

from ldmrelease.trees.files import MemoryTree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.layouts import phalanx
from ldmrelease.trees.registry import layout_of
from tests.unit.trees.tree_samples import phalanx_tree, with_file


def read(tree: MemoryTree, environment: str) -> dict[tuple[str, str | None], TreeImage]:
    found = phalanx.read(tree, [environment])
    return {(each.application, each.image): each for each in found if isinstance(each, TreeImage)}


def parts(image: TreeImage) -> list[tuple[str, int, str | None]]:
    return [(each.file, each.line, each.printed()) for each in image.parts]


def test_the_layout_is_recognised() -> None:
    assert layout_of(phalanx_tree()) == "phalanx"
    assert layout_of(MemoryTree({"README.md": b""})) is None
    assert phalanx.environments(phalanx_tree()) == ["base", "summit"]


def test_an_image_is_composed_of_repository_cycle_and_revision() -> None:
    image = read(phalanx_tree(), "summit")["auxtel", "example.org/ataos:c0042.004"]
    assert parts(image) == [
        ("applications/auxtel/values-summit.yaml", 3, "example.org/ataos"),
        ("environments/values-summit.yaml", 6, "c0042"),
        ("applications/auxtel/values-summit.yaml", 4, "4"),
    ]


def test_without_a_revision_it_is_the_cycle_alone() -> None:
    image = read(phalanx_tree(), "base")["auxtel", "example.org/ataos:c0044"]
    assert [each[2] for each in parts(image)] == ["example.org/ataos", "c0044"]


def test_a_revision_of_zero_is_one() -> None:
    assert ("auxtel", "example.org/atdome:c0042.000") in read(phalanx_tree(), "summit")


def test_conditions_say_which_charts_there_are() -> None:
    # atdome is off by the default of its chart, atmcs by nobody's word but that default.
    assert {image for name, image in read(phalanx_tree(), "base") if name == "auxtel"} == {
        "example.org/ataos:c0044"
    }


def test_an_absent_tag_is_the_charts_version() -> None:
    image = read(phalanx_tree(), "base")["lab", "example.org/lab:9.1.0"]
    assert parts(image)[1] == ("applications/lab/Chart.yaml", 4, "9.1.0")


def test_a_tag_that_is_a_number_is_what_the_template_prints() -> None:
    assert ("lab", "example.org/proxy:1.4") in read(phalanx_tree(), "base")


def test_what_is_off_is_not_asked_for() -> None:
    found = read(phalanx_tree(), "base") | read(phalanx_tree(), "summit")
    assert not {image for _, image in found if image and ("helper" in image or "gone" in image)}
    assert ("lab", "example.org/init:3") in found
    assert not {name for name, _ in read(phalanx_tree(), "summit") if name == "lab"}


def test_a_chart_from_elsewhere_gives_what_the_values_say() -> None:
    assert ("auxtel", "example.org/redis:7.4") in read(phalanx_tree(), "summit")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("applications/lab/values-base.yaml", "proxy: [\n"),
        ("applications/lab/Chart.yaml", "- no mapping\n"),
        ("applications/lab/values.yaml", "a: 1\n---\nb: 2\n"),
    ],
)
def test_one_bad_file_is_named_and_the_others_are_read(path: str, text: str) -> None:
    found = list(phalanx.read(with_file(path, text), ["base"]))
    bad = [each for each in found if isinstance(each, NotUnderstood)]
    assert [(each.where, each.environment, each.application) for each in bad] == [(path, "base", "lab")]
    assert {each.application for each in found if isinstance(each, TreeImage)} == {"auxtel"}


def test_a_bad_environment_is_named_and_the_others_are_read() -> None:
    tree = with_file("environments/values-base.yaml", "name: [\n")
    found = list(phalanx.read(tree, ["base", "summit"]))
    assert [each.environment for each in found if isinstance(each, NotUnderstood)] == ["base"]
    assert {each.environment for each in found if isinstance(each, TreeImage)} == {"summit"}


def test_charts_that_depend_on_each_other_end() -> None:
    circle = "apiVersion: v2\nname: csc\nversion: 1.0.0\ndependencies:\n  - {name: csc, repository: 'file://../csc'}\n"
    found = list(phalanx.read(with_file("charts/csc/Chart.yaml", circle), ["base"]))
    assert [each.reason for each in found if isinstance(each, NotUnderstood)] == ["it depends on itself"]
