"""Whole promotions of composed settings in git, killed around its writes, and resumed.

The places are what real trees have: a cycle whose parts stand in several files, one of them shared by all and at an
anchor that others read, others absent; and a notebook menu. However often and wherever it was killed: one commit of
the same files, one receipt for each image, no step twice, no claim left, and the checkout clean.

Which points a day is at: `tests/kill_points.py`; all of them with LDMRELEASE_KILL_ALL=1.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.promotions.commands import Promoted, promote, resume
from ldmrelease.services.promotions.previews import preview_spec
from ldmrelease.services.promotions.submit import NothingToDo
from ldmrelease.services.promotions.takeover import claim_now
from ldmrelease.services.releases.pin import stored_pin
from tests.composed_site import COMPONENTS, CONTROL, FILES, MENU, composed_site
from tests.cycle_site import git
from tests.kill_points import chosen, today
from tests.real.test_kills import Countdown, quiet
from tests.workspace import Site, copy_site, said

pytestmark = pytest.mark.real

SHARES = 3
"""The points are dealt out, so that workers can take turns."""
Case = tuple[str, str, Intent, Place, int]
CASES: dict[str, Case] = {
    "cycle": ("telescope", "c0044", Intent.PROMOTE, CONTROL, len(COMPONENTS) + 1),
    "moving": ("telescope", "c0045", Intent.PROMOTE, CONTROL, len(COMPONENTS) + 1),
    "menu": ("lab", "w_2026_16_c0042.007", Intent.PROMOTE, MENU, 2),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("composed") / "template"
    composed_site(root)
    return root


def spec(context: Context, case: Case) -> PromotionSpec:
    name, tag, intent, place, _ = case
    product = context.topology.product(name)
    assert product is not None
    pinned = stored_pin(context, product, tag)
    assert pinned is not None
    return PromotionSpec(pinned, str(place), intent)


def killed_at(number: int, act: Callable[[Countdown], object]) -> None:
    """Do it in another process, which is killed at its call with this number."""
    child = os.fork()
    if child == 0:
        try:
            act(Countdown(number))
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the call {number} was never made: {status}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def done(site: Site, case: Case, observer: Countdown | None = None) -> Promoted:
    context = site.context(observer)
    answer = promote(context, spec(context, case), quiet)
    context.ledger.close()
    assert isinstance(answer, Promoted), answer
    return answer


def finish(site: Site, case: Case) -> None:
    """What a user does after a crash."""
    context = site.context()
    for each in open_promotions(context):
        outcome = resume(context, each.promotion, quiet)
        assert outcome.state.ended, outcome
    if not isinstance(preview_spec(context, spec(context, case)), NothingToDo):
        answer = promote(context, spec(context, case), quiet)
        assert isinstance(answer, Promoted)
        assert answer.outcome.state == "succeeded", answer.outcome
    context.ledger.close()


def assert_done_once(site: Site, case: Case, wanted: dict[str, str], first: str, before: int) -> None:
    """The same end as without a kill: the same files in one commit."""
    *_, place, receipts = case
    tree = site.root / "tree"
    assert git(tree, "rev-list", "--count", f"{first}..main").strip() == "1"
    assert contents(site) == wanted
    assert git(tree, "status", "--porcelain") == ""
    context = site.context()
    events = list(context.ledger.events(after=before))
    signed = Counter(said(each)["component"] for each in events if each.kind == EventKind.RECEIPT)
    assert (len(signed), set(signed.values())) == (receipts, {1})
    steps = Counter(said(each)["step"] for each in events if each.kind == EventKind.DONE)
    assert not {step for step, count in steps.items() if count > 1 and not step.endswith("/claim")}
    assert [said(each)["state"] for each in events if each.kind == EventKind.ENDED] == ["succeeded"]
    assert claim_now(context, place) is None, "no claim left"
    assert context.ledger.verify() == ()
    context.ledger.close()


def contents(site: Site) -> dict[str, str]:
    return {each: git(site.root / "tree", "show", f"main:{each}") for each in FILES}


@dataclass(frozen=True)
class Counted:
    """A promotion that nobody killed: where to kill the others, and what is to be there afterwards."""

    points: list[int]
    wanted: dict[str, str]
    first: str
    before: int


@pytest.fixture(scope="module")
def counted(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Counted]:
    """Each case is counted once for each process that runs tests."""

    @cache
    def count(name: str) -> Counted:
        case, calls = CASES[name], Countdown()
        site = copy_site(template, tmp_path_factory.mktemp("counted") / name)
        first, before = git(site.root / "tree", "rev-parse", "main").strip(), site.head().size
        assert done(site, case, calls).outcome.state == "succeeded"
        wanted = contents(site)
        assert_done_once(site, case, wanted, first, before)
        found = Counted(chosen(calls.calls), wanted, first, before)
        print(
            f"kill test of {name}: N = {len(calls.calls)} points (git, ledger, layouts), at {len(found.points)}, "
            f"day {today()}"
        )
        return found

    return count


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", CASES)
def test_killed_and_resumed(
    template: Path, tmp_path: Path, counted: Callable[[str], Counted], name: str, share: int
) -> None:
    case, whole = CASES[name], counted(name)
    for number in whole.points[share::SHARES]:
        site = copy_site(template, tmp_path / f"killed-{number}")
        killed_at(number, lambda countdown, site=site: done(site, case, countdown))  # type: ignore[misc]
        finish(site, case)
        assert_done_once(site, case, whole.wanted, whole.first, whole.before)
