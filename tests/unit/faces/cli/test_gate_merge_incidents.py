"""What has gone wrong in a real tree, in its shape (rubin-facts of the public history): the gate refuses both.

A merge brought back stale content: many image settings went backwards in one commit. A pin with dots in place of
underscores, which no image has, stood in three environments for weeks.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests import shop
from tests.unit.faces.cli.test_gate_merge import codes, commit, gate, verdicts
from tests.workspace import Site, new_site

SETTINGS = 6
"""Two components in each of three environments."""


@pytest.fixture(scope="module")
def moved_on(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """1.5.0 ran everywhere until 1.6.0 came; a branch began before that, and is kept."""
    site = shop.new_shop(tmp_path_factory.mktemp("incident") / "shop")
    text = (site.root / "policies/development.yaml").read_text()
    rule = "    - id: no-return\n      rule: not-returned\n  confirm:"
    (site.root / "policies/development.yaml").write_text(
        text.replace("  confirm:", rule, 1).replace("version: 1", "version: 2")
    )
    site.ok("trust", "agree", "--yes")
    site.git("branch", "feature", repository="deploy")
    commit(site, dev="1.6.0", staging="1.6.0", prod="1.6.0")
    site.now += timedelta(hours=2)
    site.ok("observe")
    return site


@pytest.fixture
def site(moved_on: Site, tmp_path: Path) -> Site:
    return moved_on.copy(tmp_path / "shop")


def merge_main(site: Site, *words: str) -> None:
    """The branch takes main in, the conflict ended by hand in favour of its own old lines."""
    site.git("checkout", "-q", "feature", repository="deploy")
    note = site.root / "deploy" / "notes.txt"
    note.write_text("something else\n")
    site.git("add", "notes.txt", repository="deploy")
    site.git("commit", "-qm", "Something else", repository="deploy")
    site.git("merge", "-q", "-m", "Merge main", *words, "main", repository="deploy")


def test_a_merge_that_brings_back_stale_content_is_refused_setting_by_setting(site: Site) -> None:
    merge_main(site, "-s", "ours")
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (1, "refused")
    assert list(verdicts(answer).values()) == ["refused"] * SETTINGS
    assert codes(answer) >= {"returned"}
    assert all(each["older"] for each in answer["images"])
    assert {each["previous"] for each in answer["images"]} == {"1.6.0"}


def test_a_stale_branch_that_changed_none_of_it_leaves_what_main_has_since(site: Site) -> None:
    site.git("checkout", "-q", "feature", repository="deploy")
    (site.root / "deploy" / "notes.txt").write_text("something else\n")
    site.git("add", "notes.txt", repository="deploy")
    site.git("commit", "-qm", "Something else", repository="deploy")
    code, answer = gate(site)
    assert (code, answer["images"], answer["conflicts"]) == (0, [], False)


def test_a_stale_branch_whose_lines_conflict_is_decided_by_what_it_would_bring_back(site: Site) -> None:
    """It went to what it is on now from something that main has left, too: whoever ends the conflict may take it."""
    site.git("checkout", "-q", "feature", repository="deploy")
    commit(site, dev="1.4.0", staging="1.4.0")
    commit(site, dev="1.5.0", staging="1.5.1")
    code, answer = gate(site)
    assert code == 1
    assert answer["conflicts"] is True
    assert verdicts(answer) == {"staging/shop api": "refused", "staging/shop worker": "refused"}


@pytest.fixture(scope="module")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_site(tmp_path_factory.mktemp("incident") / "site")


@pytest.mark.parametrize("spelled", ["al9-w.2023.15", "w.2023.15", "al9-w_2023_15 "])
def test_a_pin_with_dots_is_refused_and_what_is_meant_is_said(
    observatory: Site, tmp_path: Path, spelled: str
) -> None:
    site = observatory.copy(tmp_path / "site")
    site.git("checkout", "-q", "-b", "feature")
    for place in ("usdfdev/batch", "tucson-teststand/ocps", "summit/ocps"):
        before = site.committed(place)
        tag = before.split("tag: ")[1].split("\n")[0]
        site.commit_by_hand(place, tag, f'"{spelled}"')
        site.git("checkout", "-q", "feature")
    code, answer = gate(site)
    assert (code, set(verdicts(answer).values())) == (1, {"refused"})
    assert len(answer["images"]) == 3
    assert codes(answer) <= {"unreadable-tag", "not-a-tag"}
    if spelled.endswith("15"):
        assert all("al9-w_2023_15" in each["findings"][0]["sentence"] for each in answer["images"])


def test_a_merge_that_takes_several_applications_back_is_refused_where_going_back_is_free(
    observatory: Site, tmp_path: Path
) -> None:
    """Development asks for no `not-returned`: two applications at once are what is refused, and one is not."""
    site = observatory.copy(tmp_path / "site")
    site.release_weekly()
    old, new = "al9-w_2023_15", "al9-w_2023_16"
    places = ("usdfdev/batch", "tucson-teststand/ocps")
    for place in places:
        site.commit_by_hand(place, old, new)
    base = site.git("branch", "--show-current").strip()
    site.git("checkout", "-q", "-b", "feature")
    site.commit_by_hand(places[0], new, old)
    code, answer = gate(site, base=base)
    assert (code, codes(answer)) == (0, set())
    site.git("checkout", "-q", "feature")
    site.commit_by_hand(places[1], new, old)
    code, answer = gate(site, base=base)
    assert code == 1
    assert verdicts(answer) == dict.fromkeys((f"{each} scipipe" for each in places), "refused")
    assert codes(answer) == {"stale"}
    assert {tuple(each["findings"][0]["values"]["applications"]) for each in answer["images"]} == {
        ("batch", "ocps")
    }
