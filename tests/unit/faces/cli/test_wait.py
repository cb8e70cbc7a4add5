"""`--wait`: sleep until a promotion can go on, with a clock that moves as it sleeps."""

from datetime import datetime, timedelta

from ldmrelease.config.workspace.load import FILE, load_workspace
from ldmrelease.promotion.journal import State
from ldmrelease.services.context import open_workbench
from ldmrelease.services.deployments.target import Wish
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.promotions.wait import POLL, wait_for
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.workspace import BASE, WEEKLY, Site


def quiet(_code: str, _values: object) -> None:
    """Nobody watches."""


def test_it_sleeps_until_the_soak_is_over_and_goes_on(site: Site) -> None:
    site.release_weekly()
    site.ok("promote", WEEKLY, "--target", "development")
    site.wall_clock()
    now = [site.now]
    sleeps: list[float] = []

    def clock() -> datetime:
        return now[0]

    bench = open_workbench(load_workspace(site.root / FILE), clock=clock)
    teststand = next(each for each in bench.world.applications if str(each.place) == "tucson-teststand/ocps")

    def sleep(seconds: float) -> None:
        """Time goes by, and somebody else's cron observes."""
        sleeps.append(seconds)
        now[0] += timedelta(seconds=seconds) * 30
        seen = observe(bench, teststand)
        bench.append([observation_event(bench, seen)])  # type: ignore[arg-type]

    pinned = find_or_pin(bench, bench.world.products[0], WEEKLY)
    assert isinstance(pinned, Pinned)
    answer = promote(bench, Wish(pinned, BASE), quiet)
    assert isinstance(answer, Promoted)
    assert answer.outcome.state is State.WAITING
    outcome = wait_for(bench, answer.outcome, quiet, sleep=sleep)
    bench.ledger.close()
    assert outcome.state is State.SUCCEEDED
    assert sleeps == [POLL.total_seconds()] * 4, "two hours at half an hour for each sleep"
