"""A promotion over three environments, killed around its writes and requests, and resumed.

The process is really killed (SIGKILL). Then a new one does what a user would: resume what is open, and give the
same command again. However often and wherever it was killed: one receipt each, no step twice, no claim left,
the same end. Which points a day is at: `tests/kill_points.py`; all of them with LDMRELEASE_KILL_ALL=1.
"""

import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.promotions.commands import Promoted, promote, resume
from ldmrelease.services.promotions.previews import preview_spec
from ldmrelease.services.promotions.submit import NothingToDo
from ldmrelease.services.promotions.takeover import claim_now
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests import kill_points
from tests.workspace import WEEKLY, Site, copy_site, new_site, said

pytestmark = pytest.mark.real

PLACES = ("usdfdev/batch", "usdfint/batch", "tucson-teststand/ocps")
SHARES = 8
"""The points are dealt out, so that workers can take turns."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in which the weekly is complete, made once."""
    root = tmp_path_factory.mktemp("kills") / "template"
    new_site(root).release_weekly()
    return root


def spec(context: Context, target: str = "development") -> PromotionSpec:
    product = context.topology.product("stack")
    assert product is not None
    pinned = find_or_pin(context, product, WEEKLY)
    assert isinstance(pinned, Pinned)
    return PromotionSpec(pinned, target)


def quiet(_code: str, _values: dict) -> None:
    pass


class Countdown:
    """Kills the process at the call with this number; counts them without one."""

    def __init__(self, number: int | None = None) -> None:
        self.number = number
        self.calls: list[str] = []
        self._counting = threading.Lock()

    def __call__(self, phase: str, what: str) -> None:
        # Receipts are published several at once.
        with self._counting:
            self.calls.append(f"{phase} {what}")
            if len(self.calls) == self.number:
                os.kill(os.getpid(), signal.SIGKILL)


def killed_at(site: Site, number: int) -> None:
    """Promote in another process, which is killed at its call with this number."""
    child = os.fork()
    if child == 0:
        try:
            context = site.context(Countdown(number))
            promote(context, spec(context), quiet)
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the call {number} was never made: {status}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def finish(site: Site) -> None:
    """What a user does after a crash."""
    context = site.context()
    for each in open_promotions(context):
        outcome = resume(context, each.promotion, quiet)
        assert outcome.state.ended, outcome
    if not isinstance(preview_spec(context, spec(context)), NothingToDo):
        answer = promote(context, spec(context), quiet)
        assert isinstance(answer, Promoted)
        assert answer.outcome.state == "succeeded", answer.outcome
    context.ledger.close()


def assert_done_once(site: Site) -> None:
    """The same end as without a kill."""
    context = site.context()
    receipts = Counter(
        ("{environment}/{application}".format_map(said(event)["place"]), said(event)["component"])
        for event in context.ledger.events(kinds=[EventKind.RECEIPT])
    )
    assert receipts == {(place, each): 1 for place in PLACES for each in ("scipipe", "release")}
    done = Counter(said(event)["step"] for event in context.ledger.events(kinds=[EventKind.DONE]))
    repeated = {step for step, count in done.items() if count > 1 and not step.endswith("/claim")}
    assert not repeated, "no step twice"
    ends = [said(event)["state"] for event in context.ledger.events(kinds=[EventKind.ENDED])]
    assert ends == ["succeeded"]
    for place in PLACES:
        application = next(each for each in context.topology.applications if str(each.place) == place)
        assert claim_now(context, application.place) is None, "no claim left"
        assert "tag: al9-w_2023_16" in site.committed(place)
        file = f"applications/{application.place.application}/values-{application.place.environment}.yaml"
        assert len(site.git("log", "--format=%h", "main", "--", file).split()) == 2, "one commit each"
    assert site.git("status", "--porcelain") == ""
    assert context.ledger.verify() == ()
    assert isinstance(preview_spec(context, spec(context)), NothingToDo)
    context.ledger.close()


def count_calls(site: Site) -> list[str]:
    counter = Countdown()
    context = site.context(counter)
    answer = promote(context, spec(context), quiet)
    assert isinstance(answer, Promoted)
    assert answer.outcome.state == "succeeded"
    context.ledger.close()
    return counter.calls


@pytest.fixture(scope="module")
def points(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Where to kill, counted once for each process that runs tests."""
    return kill_points.chosen(count_calls(copy_site(template, tmp_path_factory.mktemp("counted") / "site")))


def test_without_a_kill(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = copy_site(template, tmp_path / "site")
    calls = count_calls(site)
    assert_done_once(site)
    with capsys.disabled():
        print(
            f"\nkill test: N = {len(calls)} points over three environments (layouts, git, ledger); "
            f"killed at {len(kill_points.chosen(calls))}, day {kill_points.today()}"
        )


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_and_resumed(template: Path, tmp_path: Path, points: list[int], share: int) -> None:
    for number in points[share::SHARES]:
        site = copy_site(template, tmp_path / f"killed-{number}")
        killed_at(site, number)
        finish(site)
        assert_done_once(site)
