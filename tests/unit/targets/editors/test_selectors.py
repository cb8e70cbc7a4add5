"""Settings of several parts: what they say together, and the lines that a release changes in all files."""

import pytest
from msgspec.structs import replace

from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Selector, SelectorPart, Setting
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.results import RefusedError
from tests.unit.targets.editors.selector_tree import (
    AUXTEL,
    CHART,
    CYCLE,
    ENVIRONMENT,
    SIMONYITEL,
    TARGET,
    TREE,
    changed_lines,
    promoted,
    read,
    refusal,
    release,
    said,
    selector,
)


def test_a_tag_is_put_together_from_its_parts_in_several_files() -> None:
    assert said(TARGET, TREE) == {"ataos": "c0043.003", "atdome": "c0043.012", "mtdome": "c0043.000"}


def test_a_release_changes_the_lines_that_it_must_and_no_others() -> None:
    after = promoted(TARGET, TREE, release("c0044", ataos=3, atdome=1, mtdome=1234))
    assert changed_lines(TREE, after) == [
        (ENVIRONMENT, "  imageTag: c0043  # since Thursday", "  imageTag: c0044  # since Thursday"),
        (AUXTEL, "    revision: 12", "    revision: 1"),
        (SIMONYITEL, "    revision: 0", "    revision: 1234"),
    ]
    assert said(TARGET, after) == {"ataos": "c0044.003", "atdome": "c0044.001", "mtdome": "c0044.1234"}


def test_a_component_that_the_release_does_not_have_keeps_its_own_part() -> None:
    after = promoted(TARGET, TREE, release("c0044", ataos=7))
    assert [line for _, _, line in changed_lines(TREE, after)] == [
        "  imageTag: c0044  # since Thursday",
        "    revision: 7",
    ]


@pytest.mark.parametrize(
    ("null", "tag"), [("null", "c0043"), ("", "c0043"), ('""', "c0043"), ("7", "c0043.007")]
)
def test_what_may_be_missing_is_where_null_stands(null: str, tag: str) -> None:
    tree = TREE | {SIMONYITEL: f"mtdome:\n  image:\n    revision: {null}\n"}
    assert said(TARGET, tree)["mtdome"] == tag


@pytest.mark.parametrize("null", ["null", "~"])
def test_the_newest_build_is_asked_for_by_no_revision(null: str) -> None:
    tree = TREE | {SIMONYITEL: f"mtdome:\n  image:\n    revision: {null}\n"}
    wanted = release("c0043", ataos=3, atdome=12, mtdome=None)
    assert promoted(TARGET, tree, wanted) == tree
    after = promoted(TARGET, tree, release("c0043", ataos=3, atdome=12, mtdome=4))
    assert after[SIMONYITEL] == "mtdome:\n  image:\n    revision: 4\n"


@pytest.mark.parametrize("old", ['"12"', "'012'", "0o14", "014"])
def test_a_number_stays_in_its_style(old: str) -> None:
    tree = TREE | {SIMONYITEL: f"mtdome:\n  image:\n    revision: {old}\n"}
    assert said(TARGET, tree)["mtdome"] == "c0043.012"
    kept = promoted(TARGET, tree, release("c0043", ataos=3, atdome=12, mtdome=12))
    assert kept == tree
    after = promoted(TARGET, tree, release("c0043", ataos=3, atdome=12, mtdome=13))
    # In quotes it keeps its digits too: a chart may print it as the text that it is.
    new = {"'012'": "'013'", '"12"': '"13"'}.get(old, "13")
    assert after[SIMONYITEL] == f"mtdome:\n  image:\n    revision: {new}\n"


def test_a_component_at_the_moving_tag_has_no_line_and_gets_one_with_a_build() -> None:
    newest = release("c0043", ataos=3, atdome=12, mtdome=None)
    after = promoted(TARGET, TREE, newest)
    assert after == TREE | {SIMONYITEL: "mtdome:\n  image:\n    repository: ts/mtdome\n"}
    assert said(TARGET, after)["mtdome"] == "c0043"
    assert promoted(TARGET, after, newest) == after
    assert promoted(TARGET, after, release("c0043", ataos=3, atdome=12, mtdome=0)) == TREE


def test_a_line_that_is_added_over_the_charts_value_stands_beside_its_neighbours() -> None:
    default = f"{CHART}#ataos.image.revision"
    target = replace(TARGET, settings=(selector("ataos", None, default),))
    tree = TREE | {AUXTEL: TREE[AUXTEL].replace("    revision: 3\n", "")}
    after = promoted(target, tree, release("c0043", ataos=7))
    assert after[AUXTEL].startswith("ataos:\n  image:\n    repository: ts/ataos\n    revision: 7\n")
    back = promoted(target, tree, release("c0043", ataos=None))
    assert "    repository: ts/ataos\n    revision: null\n" in back[AUXTEL]
    assert said(target, back) == {"ataos": "c0043"}


def test_a_tag_that_the_chart_says_already_gets_no_line() -> None:
    setting = Setting("ataos", "image.tag", defaults=(f"{CHART}#image.tag",))
    target = ImageSettingsTarget(MemoryFile(AUXTEL), (setting,))
    tree = {CHART: "image:\n  tag: c0043.001\n", AUXTEL: "replicas: 1\n"}
    assert promoted(target, tree, release("c0043", ataos=1)) == tree
    after = promoted(target, tree, release("c0043", ataos=2))
    assert after[AUXTEL] == "replicas: 1\nimage:\n  tag: c0043.002\n"


def test_the_values_of_the_chart_hold_where_the_environment_says_nothing() -> None:
    default = f"{CHART}#ataos.image.revision"
    target = replace(TARGET, settings=(selector("ataos", None, default), selector("atdome")))
    tree = TREE | {AUXTEL: TREE[AUXTEL].replace("    revision: 3\n", "")}
    assert said(target, tree) == {"ataos": "c0043.001", "atdome": "c0043.012"}
    after = promoted(target, tree, release("c0044", ataos=1, atdome=12))
    assert [file for file, _, _ in changed_lines(tree, after)] == [ENVIRONMENT]


def test_a_null_of_the_environment_takes_the_value_of_the_chart_away() -> None:
    default = f"{CHART}#ataos.image.revision"
    target = replace(TARGET, settings=(selector("ataos", None, default),))
    after = promoted(target, TREE, release("c0043", ataos=None))
    assert "    revision: null\n" in after[AUXTEL]
    assert said(target, after) == {"ataos": "c0043"}


def test_a_tag_that_is_nowhere_is_that_of_the_chart_as_a_whole() -> None:
    chart = "applications/portal/Chart.yaml"
    setting = Setting("portal", "image.tag", defaults=(f"{chart}#appVersion",))
    target = ImageSettingsTarget(MemoryFile(AUXTEL), (setting,))
    tree = {chart: "version: 1.0.0\nappVersion: 2.3.4\n", AUXTEL: 'image:\n  tag: ""\n'}
    (found,) = image_settings.stated(target, read(target, tree))
    assert (found.tag, found.path, found.line) == ("2.3.4", f"{chart}#appVersion", 2)


def test_where_a_part_is_missing_that_has_to_be_there_no_image_is_named() -> None:
    tree = TREE | {ENVIRONMENT: "controlSystem:\n  imageTag:\n"}
    found = image_settings.stated(TARGET, read(TARGET, tree))
    assert {each.invalid for each in found} == {"{cycle}[.{revision:03d}] without cycle"}


def test_what_is_no_number_names_no_image() -> None:
    tree = TREE | {SIMONYITEL: "mtdome:\n  image:\n    revision: seven\n"}
    assert str(said(TARGET, tree)["mtdome"]).startswith("{cycle}[.{revision:03d}]: ")


def test_two_settings_that_want_different_things_of_one_address_are_refused() -> None:
    shared = replace(TARGET, settings=(selector("ataos"), replace(selector("ataos"), component="atdome")))
    tree = TREE | {AUXTEL: TREE[AUXTEL].replace("repository", "name")}
    found = refusal(shared, tree, release("c0044", ataos=1, atdome=2))
    assert found.code == "parts-contradict"
    assert found.values["components"] == ["ataos", "atdome"]
    assert (found.values["file"], found.values["path"], found.values["line"]) == (
        AUXTEL,
        "ataos.image.revision",
        4,
    )


def test_a_tag_that_the_template_cannot_write_is_refused() -> None:
    parts = (SelectorPart("revision", "ataos.image.revision"),)
    target = replace(TARGET, settings=(Selector("ataos", "{revision:03d}", parts, "cycle", "{image}"),))
    found = refusal(target, TREE, release("c0044", ataos=1))
    assert found.code == "parts-differ"
    assert (found.values["found"], found.values["expected"]) == ("001", "c0044.001")


def test_another_repository_beside_the_last_part_is_never_written_to() -> None:
    tree = TREE | {SIMONYITEL: TREE[SIMONYITEL].replace("ts/mtdome", "evil.example/mtdome")}
    found = refusal(TARGET, tree, release("c0044", ataos=3, atdome=1, mtdome=1))
    assert found.code == "foreign-image"
    assert (found.values["file"], found.values["path"]) == (SIMONYITEL, "mtdome.image.repository")


def test_a_digest_is_a_part_as_well() -> None:
    parts = (SelectorPart("tag", "ataos.image.tag"), SelectorPart("digest", "ataos.image.digest"))
    chosen = Selector("ataos", "{tag}[@{digest}]", parts, "cycle", "{image}")
    target = ImageSettingsTarget(MemoryFile(AUXTEL), (chosen,))
    tree = {AUXTEL: "ataos:\n  image:\n    tag: c0043.001\n    digest: null\n"}
    assert said(target, tree) == {"ataos": "c0043.001"}
    after = promoted(target, tree, release("c0044", ataos=2))
    (found,) = image_settings.stated(target, read(target, after))
    assert (found.tag, found.digest) == ("c0044.002", "sha256:" + "0" * 64)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(RefusedError) as caught:
        read(TARGET, {file: text for file, text in TREE.items() if file != SIMONYITEL})
    assert (caught.value.refusal.code, caught.value.refusal.values["file"]) == ("no-file", SIMONYITEL)


def test_what_is_wrong_in_several_files_is_told_of_all() -> None:
    tree = TREE | {ENVIRONMENT: "a: [", SIMONYITEL: "mtdome: {}\n"}
    target = replace(TARGET, settings=(*TARGET.settings, Setting("x", f"{SIMONYITEL}#x.tag")))
    with pytest.raises(RefusedError) as caught:
        read(target, tree)
    assert [each.values["file"] for each in caught.value.refusal.each] == [ENVIRONMENT, SIMONYITEL]


def test_the_cycle_is_read_once_for_all_that_have_it() -> None:
    assert list(image_settings.paths(TARGET)).count(CYCLE) == 1


ANCHORED = TREE | {
    SIMONYITEL: "x-base: &base\n  image:\n    revision: 3\nmtdome: *base\nmtmount:\n  <<: *base\n  replicas: 1\n"
}


def at(*paths: str) -> ImageSettingsTarget:
    """Components that have their revision at these paths."""
    return replace(
        TARGET,
        settings=tuple(
            replace(
                selector(path.partition(".")[0].removeprefix("x-"), SIMONYITEL),
                parts=(SelectorPart("cycle", CYCLE), SelectorPart("revision", f"{SIMONYITEL}#{path}")),
            )
            for path in paths
        ),
    )


def test_a_part_with_an_anchor_is_written_there_for_all_that_read_it() -> None:
    target = at("x-base.image.revision")
    after = promoted(target, ANCHORED, release("c0044", base=7))
    assert after[SIMONYITEL] == ANCHORED[SIMONYITEL].replace("revision: 3", "revision: 7")


def test_a_part_at_an_alias_is_not_written_over_what_others_read() -> None:
    target = at("mtdome.image.revision")
    with pytest.raises(RefusedError) as caught:
        promoted(target, ANCHORED, release("c0044", mtdome=7))
    assert (caught.value.refusal.code, caught.value.refusal.values["readers"]) == (
        "shared-part",
        [f"{SIMONYITEL}#x-base.image.revision", f"{SIMONYITEL}#mtmount.image.revision"],
    )


def test_components_of_one_anchor_that_want_different_builds_contradict_each_other() -> None:
    target = at("x-base.image.revision", "mtdome.image.revision")
    same = promoted(target, ANCHORED | {}, release("c0044", base=7, mtdome=7))
    assert said(target, same) == {"base": "c0044.007", "mtdome": "c0044.007"}
    found = refusal(target, ANCHORED, release("c0044", base=7, mtdome=8))
    assert (found.code, found.values["components"]) == ("parts-contradict", ["base", "mtdome"])


def test_a_part_of_a_merged_mapping_is_not_replaced_with_all_of_it() -> None:
    with pytest.raises(RefusedError) as caught:
        read(at("mtmount.image.revision"), ANCHORED)
    assert caught.value.refusal.code == "merge-key"
