"""Finals beside the candidate that they came of, whenever that is pinned."""

import json
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events import EventKind
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import Context
from ldmrelease.services.promotions import commands
from ldmrelease.services.promotions.submit import Preview, Recorded, record_request
from tests.workspace import Site

PRODUCTION = "usdf-cm/cm-service"


def test_a_final_is_compared_with_the_last_counted_pin_of_its_candidate(ready: Site) -> None:
    def compared() -> dict[str, Any]:
        (decision,) = json.loads(ready.run("check", "24.0.0", "-t", PRODUCTION, "-o", "json").stdout)[
            "decisions"
        ]
        (found,) = [each for each in decision["findings"] if each["rule"] == "same-content-as"]
        return dict(found)

    assert compared()["code"] == "no-candidate"
    ready.ok("release", "pin", "v24.0.0.rc4")
    assert (compared()["code"], compared()["values"]["candidate"]) == ("same-content", "v24.0.0.rc4")


def test_a_candidate_that_is_pinned_before_the_request_is_recorded_is_decided_by(
    ready: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of the pins is part of what the append expects: it is refused, and decided again."""
    tries: list[str] = []

    def late(context: Context, look: Preview, *, holds_back: bool = False) -> Recorded | None:
        if not tries:
            ready.ok("release", "pin", "v24.0.0.rc4")
        recorded = record_request(context, look, holds_back=holds_back)
        tries.append("refused" if recorded is None else "recorded")
        return recorded

    monkeypatch.setattr(commands, "record_request", late)
    ready.run("promote", "24.0.0", "--target", PRODUCTION)
    assert tries == ["refused", "recorded"]
    found = [each.body["decision"] for each in ready.events(EventKind.DECIDED)]
    with open_ledger(ready.root / "ledger.db", projectors=PROJECTORS) as ledger:
        decision = canonical.decode(ledger.blob(found[0]), Decision)
    (compared,) = [each for each in decision.findings if each.rule == "same-content-as"]
    assert (compared.code, compared.values["candidate"]) == ("same-content", "v24.0.0.rc4")
