"""Promotions that stop in the middle: what waits, what is stuck, what is aborted, and the way out of each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.services.decisions import decide as deciding
from ldmrelease.services.decisions.decide import Decided
from ldmrelease.services.promotions import commands, driver
from tests.workspace import BEFORE, PLACE, WEEKLY, Site

BY_HAND = """#!/bin/sh
sed -i s/al9-w_2023_16/al9-w_2023_14/ gitops/applications/batch/values-usdfdev.yaml
git -C gitops -c user.name=Ann -c user.email=ann@x commit -qam 'By hand'
exit 1
"""


@contextmanager
def ruled(verdict: Verdict, phase: Phase, places: tuple[str, ...]) -> Iterator[None]:
    """Decisions of the phase come out so at these places."""

    def decide(*given: Any) -> Decided:
        decided = deciding.decide(*given)
        asked = given[3] if len(given) > 3 else Phase.ENTER
        if asked is not phase or str(decided.decision.place) not in places:
            return decided
        return replace(decided, decision=replace(decided.decision, verdict=verdict))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "decide", decide)
        patch.setattr(commands, "decide", decide)
        yield


def newest(site: Site) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(site.ok("promotions", "list", "-o", "json"))
    return found[-1]


def test_an_abort_of_what_waits_for_its_confirmation_puts_back_what_was_there(ready: Site) -> None:
    before = ready.committed(PLACE)
    with ruled(Verdict.WAITING, Phase.CONFIRM, (PLACE,)):
        assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 4
    assert ready.committed(PLACE) != before
    promotion = newest(ready)["promotion"]
    ready.ok("abort", promotion)
    assert ready.committed(PLACE) == before
    assert newest(ready)["state"] == "aborted"


def test_what_could_not_be_decided_at_a_later_place_waits_without_a_write(ready: Site) -> None:
    planned = json.loads(ready.ok("promote", WEEKLY, "-t", "development", "--dry-run", "-o", "json"))["plan"]
    last = planned[1]["place"]
    with ruled(Verdict.UNDECIDED, Phase.ENTER, (last,)):
        assert ready.run("promote", WEEKLY, "--target", "development").exit_code == 4
        before = ready.everything()
        assert ready.run("resume", "--all").exit_code == 4
        assert ready.everything() == before
    ready.ok("resume", "--all")
    assert newest(ready)["state"] == "succeeded"


def test_a_request_that_is_refused_takes_nobodys_place(developed: Site) -> None:
    assert developed.run("promote", WEEKLY, "--target", "base").exit_code == 4
    first = newest(developed)["promotion"]
    assert developed.run("promote", BEFORE, "--target", "base").exit_code == 1
    assert json.loads(developed.ok("promotions", "show", first, "-o", "json"))["state"] == "waiting"


def test_asking_again_is_the_way_out_of_a_stuck_place(ready: Site) -> None:
    (ready.root / "smoke-says").write_text(BY_HAND)
    stuck = ready.run("promote", WEEKLY, "--target", PLACE)
    assert stuck.exit_code == 3
    assert newest(ready)["state"] == "stuck"
    assert "al9-w_2023_14" in ready.committed(PLACE), "what somebody else wrote is left"
    ready.smoke(passes=True)
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert "al9-w_2023_16" in ready.committed(PLACE)


def test_a_place_whose_file_goes_while_it_waits_ends_the_promotion(ready: Site) -> None:
    with ruled(Verdict.WAITING, Phase.ENTER, ("usdfdev/batch",)):
        assert ready.run("promote", WEEKLY, "--target", "usdfdev").exit_code == 4
    ready.git("rm", "-q", "applications/batch/values-usdfdev.yaml")
    ready.git("commit", "-q", "-m", "Moved elsewhere")
    assert ready.run("resume", "--all").exit_code == 3
    assert newest(ready)["state"] == "halted"


def test_what_waits_for_its_confirmation_is_not_superseded(ready: Site) -> None:
    with ruled(Verdict.WAITING, Phase.CONFIRM, (PLACE,)):
        assert ready.run("promote", WEEKLY, "--target", PLACE).exit_code == 4
    first = newest(ready)["promotion"]
    head = ready.head()
    asked = ready.run("promote", BEFORE, "--target", PLACE)
    assert asked.exit_code == 4, asked.stdout
    assert first in asked.stdout
    assert ready.head() == head
    ready.ok("resume", first)
    assert newest(ready)["state"] == "succeeded"
