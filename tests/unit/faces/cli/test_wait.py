"""`--wait`: sleep until a promotion can go on, with a clock that moves as it sleeps."""

from datetime import datetime, timedelta

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.events.registry import new_event
from ldmrelease.services.context import open_context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.observe import observe
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.promotions.wait import POLL, wait_for
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.workspace import BASE, TESTSTAND, WEEKLY, Site


def quiet(_code: str, _values: object) -> None:
    """Nobody watches."""


def test_it_sleeps_until_the_soak_is_over_and_goes_on(site: Site) -> None:
    site.release_weekly()
    site.wall_clock()
    now = [site.now]
    sleeps: list[float] = []

    def clock() -> datetime:
        return now[0]

    context = open_context(load_workspace(site.root / FILE), clock=clock)
    teststand = next(each for each in context.topology.applications if str(each.place) == TESTSTAND)

    def sleep(seconds: float) -> None:
        """Time goes by, and somebody else's cron observes."""
        sleeps.append(seconds)
        now[0] += timedelta(seconds=seconds) * 30
        seen = observe(context, teststand)
        context.append([new_event(seen)])  # type: ignore[arg-type]

    pinned = find_or_pin(context, context.topology.products[0], WEEKLY)
    assert isinstance(pinned, Pinned)
    promote(context, PromotionSpec(pinned, TESTSTAND), quiet)
    answer = promote(context, PromotionSpec(pinned, BASE), quiet)
    assert isinstance(answer, Promoted)
    assert answer.outcome.state is PromotionState.WAITING
    outcome = wait_for(context, answer.outcome, quiet, sleep=sleep)
    context.ledger.close()
    assert outcome.state is PromotionState.SUCCEEDED
    assert sleeps == [POLL.total_seconds()] * 4, "two hours at half an hour for each sleep"


def test_it_observes_what_the_soak_needs_and_goes_on(site: Site) -> None:
    """Nobody else observes: whoever waits sees to it."""
    site.release_weekly()
    site.wall_clock()
    now = [site.now]
    context = open_context(load_workspace(site.root / FILE), clock=lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds) * 30

    pinned = find_or_pin(context, context.topology.products[0], WEEKLY)
    assert isinstance(pinned, Pinned)
    promote(context, PromotionSpec(pinned, TESTSTAND), quiet)
    answer = promote(context, PromotionSpec(pinned, BASE), quiet)
    assert isinstance(answer, Promoted)
    assert answer.outcome.state is PromotionState.WAITING
    before = context.ledger.head().size
    outcome = wait_for(context, answer.outcome, quiet, sleep=sleep)
    seen = list(context.ledger.events(stream="environment/tucson-teststand/ocps", after=before))
    context.ledger.close()
    assert outcome.state is PromotionState.SUCCEEDED
    assert len(seen) == 1, "once, when the two hours are over: more would only fill the ledger"


def test_cron_with_resume_all_is_enough(site: Site) -> None:
    site.release_weekly()
    site.ok("promote", WEEKLY, "--target", "development")
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    for _ in range(4):
        site.advance(minutes=29)
        assert site.run("resume", "--all").exit_code == 4
    site.advance(minutes=10)
    site.ok("resume", "--all")
