"""Who else reads what a promotion of one place changes."""

from msgspec.structs import replace

from ldmrelease.domain.release import Release
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Setting
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.shared_parts import SharedParts
from tests.unit.targets.editors.selector_tree import (
    AUXTEL,
    ENVIRONMENT,
    SIMONYITEL,
    TREE,
    read,
    release,
    selector,
)


def application(name: str, file: str, *runs: str) -> Application:
    components = tuple(each.rpartition("/")[2] for each in runs)
    target = ImageSettingsTarget(MemoryFile(file), tuple(selector(each) for each in components))
    return Application(Place("summit", name), "summit", runs, target)


AUXILIARY = application("auxtel", AUXTEL, "telescope/ataos", "telescope/atdome")
MAIN = application("simonyitel", SIMONYITEL, "telescope/mtdome")


def refusal(wanted: str, *others: Application, here: Application = AUXILIARY) -> Refusal | None:
    return refused(release(wanted, ataos=3, atdome=1), here, *others)


def refused(wanted: Release, here: Application, *others: Application) -> Refusal | None:
    there = read(here.target, TREE)  # type: ignore[arg-type]
    edits = image_settings.desired(here.target, wanted, there)  # type: ignore[arg-type]
    assert isinstance(edits, dict), edits
    return SharedParts(Topology((), (here, *others))).refusal(here, wanted, there, edits)


def test_nobody_else_reads_what_is_all_in_one_place() -> None:
    assert refusal("c0044") is None


def test_what_another_place_reads_is_not_changed_under_it() -> None:
    found = refusal("c0044", MAIN)
    assert found is not None
    assert (found.code, found.values["readers"]) == ("shared-part", ["summit/simonyitel mtdome"])
    assert (found.values["file"], found.values["path"], found.values["line"]) == (
        ENVIRONMENT,
        "controlSystem.imageTag",
        4,
    )


def test_what_stays_as_it_is_may_be_read_by_anybody() -> None:
    assert refusal("c0043", MAIN) is None


def test_nor_under_another_product_of_the_same_place() -> None:
    both = replace(AUXILIARY, runs=("telescope/ataos", "other/atdome"))
    found = refused(release("c0044", ataos=3, atdome=1), both)
    assert found is not None
    assert found.values["readers"] == ["summit/auxtel atdome"]


def test_nor_under_a_component_that_the_release_lacks() -> None:
    found = refused(release("c0044", ataos=3), AUXILIARY)
    assert found is not None
    assert found.values["readers"] == ["summit/auxtel atdome"]
    assert refused(release("c0043", ataos=3), AUXILIARY) is None


def test_who_reads_it_as_a_default_is_named_too() -> None:
    setting = Setting("lab", "tag", defaults=(f"{ENVIRONMENT}#controlSystem.imageTag",))
    target = ImageSettingsTarget(MemoryFile("lab.yaml"), (setting,))
    reader = Application(Place("summit", "lab"), "summit", ("lab/lab",), target)
    found = refusal("c0044", reader)
    assert found is not None
    assert found.values["readers"] == ["summit/lab lab"]


ANCHORED = TREE | {AUXTEL: "ataos: &base\n  image:\n    revision: 3\natdome: *base\n"}


def anchored(wanted: Release, here: Application, *others: Application) -> Refusal | None:
    there = read(here.target, ANCHORED)  # type: ignore[arg-type]
    edits = image_settings.desired(here.target, wanted, there)  # type: ignore[arg-type]
    assert isinstance(edits, dict), edits
    return SharedParts(Topology((), (here, *others))).refusal(here, wanted, there, edits)


def test_a_setting_of_the_workspace_that_reads_an_anchor_is_not_changed_by_another() -> None:
    ataos, atdome = (application(each, AUXTEL, f"telescope/{each}") for each in ("ataos", "atdome"))
    assert anchored(release("c0043", ataos=7), ataos) is None
    found = anchored(release("c0043", ataos=7), ataos, atdome)
    assert found is not None
    assert (found.code, found.values["readers"]) == ("shared-part", ["summit/atdome atdome"])


def test_who_is_at_an_alias_does_not_change_what_the_anchor_says() -> None:
    atdome = application("atdome", AUXTEL, "telescope/atdome")
    found = anchored(release("c0043", atdome=7), atdome)
    assert found is not None
    assert found.values["readers"] == ["ataos.image.revision"]
