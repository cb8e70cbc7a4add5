"""Notebook menus in real git repositories: what is live, what goes, and which names may move where."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.tags import order_key, parse
from ldmrelease.domain.targets import GitFile, MenuTarget
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.editors import menu
from ldmrelease.targets.results import Refusal, Snapshot, Unquoted, Value, Written
from tests.real.gitops.site import FILE, Promoter, git, new_repository, put, release, show

pytestmark = pytest.mark.real

PATH = "controller.config.images"
MENU = """\
controller:
  config:
    images:
      # What users may start.
      numReleases: 1   # the chart has 1
      numWeeklies: 2
      numDailies: 3
      cycle: null
      recommendedTag: "w_2023_14"
      pin:
        - "r24_0_0"
        # kept for the school in May
        - "w_2023_14"
        - "w_2023_10"
"""


def lab_menu(keep: dict[str, int] | None = None) -> MenuTarget:
    """The summit's menu."""
    return MenuTarget(
        GitFile("conf", "main", FILE), PATH, "lab", keep or {}, {"recommended": "recommendedTag"}
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "conf", {FILE: MENU})


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path)


def look(access: Access) -> Snapshot:
    snapshot = registry.read(lab_menu(), access)
    assert isinstance(snapshot, Snapshot), snapshot
    return snapshot


def write(access: Access, edits: dict[str, Value] | Refusal, snapshot: Snapshot) -> Written:
    assert isinstance(edits, dict), edits
    before = {path: snapshot.values[path] for path in edits}
    written = registry.write(lab_menu(), edits, access, expect=before, grant=Promoter().grant())
    assert isinstance(written, Written), written
    return written


def add(access: Access, tag: str, keep: dict[str, int] | None = None) -> tuple[str, ...]:
    """Put a release on the menu; the pins there then."""
    snapshot = look(access)
    write(access, registry.desired(lab_menu(keep), release(tag), snapshot), snapshot)
    pins = look(access).values[f"{PATH}.pin"]
    assert isinstance(pins, tuple)
    return tuple(str(each) for each in pins)


def snapshot_with(pins: tuple[str, ...], recommended: str = "", cycle: str = "null") -> Snapshot:
    values: dict[str, Value] = {f"{PATH}.{each}": Unquoted("0") for each in menu.COUNTS}
    values |= {f"{PATH}.pin": pins, f"{PATH}.recommendedTag": recommended, f"{PATH}.cycle": Unquoted(cycle)}
    return Snapshot("r", "b", values, dict.fromkeys(values, 1))


def pins_after(edits: dict[str, Value] | Refusal) -> tuple[str, ...]:
    assert isinstance(edits, dict), edits
    pins = edits[f"{PATH}.pin"]
    assert isinstance(pins, tuple)
    return tuple(str(each) for each in pins)


def test_a_release_becomes_live_and_the_service_lists_nothing_else(tree: Path, access: Access) -> None:
    assert add(access, "w_2023_16") == ("r24_0_0", "w_2023_16", "w_2023_14", "w_2023_10")
    expected = MENU.replace("        # kept", '        - "w_2023_16"\n        # kept')
    for count in ("numReleases: 1", "numWeeklies: 2", "numDailies: 3"):
        expected = expected.replace(count, count[:-1] + "0")
    assert show(tree) == expected
    assert (tree / FILE).read_bytes().decode() == show(tree)


def test_once_taken_over_one_more_release_is_one_more_line(tree: Path, access: Access) -> None:
    add(access, "w_2023_15")
    add(access, "w_2023_16")
    assert git(tree, "diff", "--numstat", "main~", "main") == f"1\t0\t{FILE}"


def test_what_is_live_already_is_found(tree: Path, access: Access) -> None:
    add(access, "w_2023_14")
    tip = git(tree, "rev-parse", "main")
    snapshot = look(access)
    assert write(access, registry.desired(lab_menu(), release("w_2023_14"), snapshot), snapshot).found
    assert git(tree, "rev-parse", "main") == tip


def test_the_menu_is_restored_to_what_it_was(tree: Path, access: Access) -> None:
    snapshot = look(access)
    edits = registry.desired(lab_menu(), release("w_2023_16"), snapshot)
    assert isinstance(edits, dict)
    before = {path: snapshot.values[path] for path in edits}
    write(access, edits, snapshot)
    # What a journal keeps in between is JSON.
    before = registry.values_from_plain(registry.values_to_plain(before))
    restored = registry.restore(lab_menu(), before, edits, access, Promoter().grant())
    assert isinstance(restored, Written)
    assert show(tree) == MENU


def test_a_pin_that_somebody_added_meanwhile_is_not_lost(tree: Path, access: Access) -> None:
    snapshot = look(access)
    edits = registry.desired(lab_menu(), release("w_2023_16"), snapshot)
    assert isinstance(edits, dict)
    theirs = put(tree, {FILE: MENU + '        - "w_2023_09"\n'})
    refusal = registry.write(
        lab_menu(),
        edits,
        access,
        expect={path: snapshot.values[path] for path in edits},
        grant=Promoter().grant(),
    )
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["path"], refusal.values["commit"]) == (
        "changed-by",
        f"{PATH}.pin",
        theirs,
    )


def test_the_oldest_of_the_kind_goes_and_never_one_with_a_name(tree: Path, access: Access) -> None:
    assert add(access, "w_2023_16", {"weekly": 2}) == ("r24_0_0", "w_2023_16", "w_2023_14")
    assert add(access, "w_2023_17", {"weekly": 1}) == ("r24_0_0", "w_2023_17", "w_2023_14")
    assert "# kept for the school" in show(tree)


def test_a_release_older_than_those_kept_is_live_all_the_same(access: Access, tree: Path) -> None:
    assert add(access, "w_2023_09", {"weekly": 2}) == ("r24_0_0", "w_2023_14", "w_2023_09")


def test_a_release_is_retired_but_not_while_a_name_stands_for_it(tree: Path, access: Access) -> None:
    snapshot = look(access)
    write(access, registry.retired(lab_menu(), release("w_2023_10"), snapshot), snapshot)
    assert show(tree) == MENU.replace('        - "w_2023_10"\n', "")
    refusal = registry.retired(lab_menu(), release("w_2023_14"), look(access))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["found"], refusal.values["line"]) == ("aliased", ["recommended"], 9)
    refusal = registry.retired(lab_menu(), release("w_2023_10"), look(access))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-live"


def test_an_alias_moves_in_one_line_and_only_to_what_is_live(tree: Path, access: Access) -> None:
    snapshot = look(access)
    write(access, registry.desired(lab_menu(), release("w_2023_10"), snapshot, alias="recommended"), snapshot)
    assert show(tree) == MENU.replace('Tag: "w_2023_14"', 'Tag: "w_2023_10"')
    refusal = registry.desired(lab_menu(), release("w_2023_16"), look(access), alias="recommended")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["tag"]) == ("not-live", "w_2023_16")
    refusal = registry.desired(lab_menu(), release("w_2023_14"), look(access), alias="latest")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["found"]) == ("no-alias", ["recommended"])


def test_an_alias_does_not_move_to_what_is_retired_meanwhile(tree: Path, access: Access) -> None:
    snapshot = look(access)
    edits = registry.desired(lab_menu(), release("w_2023_10"), snapshot, alias="recommended")
    assert isinstance(edits, dict)
    write(access, registry.retired(lab_menu(), release("w_2023_10"), snapshot), snapshot)
    refusal = registry.write(
        lab_menu(),
        edits,
        access,
        expect={path: snapshot.values[path] for path in edits},
        grant=Promoter().grant(),
    )
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-by"


def test_what_is_live_and_named_is_stated_with_its_place(tree: Path, access: Access) -> None:
    stated = registry.stated(lab_menu(), look(access))
    assert not isinstance(stated, Refusal)
    assert [(each.tag, each.alias) for each in stated] == [
        ("r24_0_0", None),
        ("w_2023_14", None),
        ("w_2023_10", None),
        ("w_2023_14", "recommended"),
    ]
    assert stated[-1].line == 9


def test_a_menu_that_lists_by_itself_is_not_gated(tree: Path, access: Access) -> None:
    before = menu.menu_of(lab_menu(), look(access))
    assert isinstance(before, menu.MenuSettings)
    assert not before.gated
    add(access, "w_2023_16")
    after = menu.menu_of(lab_menu(), look(access))
    assert isinstance(after, menu.MenuSettings)
    assert after.gated


def test_an_image_of_another_cycle_cannot_be_listed() -> None:
    summit = snapshot_with(("w_2023_10_c0030.001", "w_2023_10_c0029.001"), cycle="30")
    refusal = registry.desired(lab_menu(), release("w_2023_16_c0031.002"), summit)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["found"], refusal.values["expected"]) == ("other-cycle", 30, 31)
    assert isinstance(registry.desired(lab_menu(), release("w_2023_16_c0030.002"), summit), dict)
    stated = registry.stated(lab_menu(), summit)
    assert not isinstance(stated, Refusal)
    assert [each.tag for each in stated] == ["w_2023_10_c0030.001"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("      numDailies: 3\n", "", "absent"),
        ("      cycle: null\n", "      cycle: main\n", "not-a-cycle"),
        ('- "r24_0_0"', "- 24.10", "not-text"),
    ],
)
def test_a_menu_that_cannot_be_read_is_refused(
    tree: Path, access: Access, old: str, new: str, code: str
) -> None:
    put(tree, {FILE: MENU.replace(old, new)})
    answer = registry.read(lab_menu(), access)
    if isinstance(answer, Snapshot):
        answer = registry.desired(lab_menu(), release("w_2023_16"), answer)  # type: ignore[assignment]
    assert isinstance(answer, Refusal)
    assert answer.code == code


def test_a_menu_without_a_cycle_is_one_for_all_cycles(tree: Path, access: Access) -> None:
    put(tree, {FILE: MENU.replace("      cycle: null\n", "")})
    assert "w_2023_16" in add(access, "w_2023_16")


def test_an_empty_menu_gets_its_first_release(tree: Path, access: Access) -> None:
    put(tree, {FILE: MENU[: MENU.index("pin:")] + "pin: []\n"})
    assert add(access, "w_2023_16") == ("w_2023_16",)


WEEKLIES = st.integers(1, 52).map(lambda week: f"w_2023_{week:02d}")
OTHERS = st.sampled_from(
    ["r24_0_0", "r23_0_1_rsp19", "d_2023_04_20", "exp_w_2023_16_x", "odd", "r24_0_0_rc1"]
)


@given(st.lists(WEEKLIES | OTHERS, unique=True), WEEKLIES, st.integers(0, 4), st.data())
def test_laws_of_keeping(pins: list[str], new: str, keep: int, data: st.DataObject) -> None:
    named = data.draw(st.sampled_from([*pins, "gone"]))
    edits = registry.desired(lab_menu({"weekly": keep}), release(new), snapshot_with(tuple(pins), named))
    after = pins_after(edits)
    assert new in after
    assert len(set(after)) == len(after)
    # Nothing but weeklies goes, nothing with a name goes, and what stays keeps its order.
    assert [each for each in pins if each in after] == [each for each in after if each in pins]
    gone = set(pins) - set(after)
    assert named not in gone
    assert all(each.startswith("w_") for each in gone)
    weeklies = [each for each in after if each.startswith("w_")]
    assert len(weeklies) <= max(keep, 1 + (named in after and named != new))
    spare = [each for each in weeklies if each not in (new, named)]
    assert all(order(old) < order(kept) for old in gone for kept in spare)


@given(st.lists(WEEKLIES | OTHERS, unique=True, min_size=1))
def test_releases_that_come_one_by_one_are_listed_newest_first(tags: list[str]) -> None:
    pins: tuple[str, ...] = ()
    for tag in tags:
        pins = pins_after(registry.desired(lab_menu(), release(tag), snapshot_with(pins)))
    weeklies = [each for each in pins if each.startswith("w_")]
    assert weeklies == sorted(weeklies, key=order, reverse=True)
    assert set(pins) == set(tags)


def order(tag: str) -> tuple:
    return order_key(parse(tag, "rsp")) or ()
