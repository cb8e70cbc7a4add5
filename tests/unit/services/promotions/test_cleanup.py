"""What a promotion leaves behind without a cluster is swept; Jobs are in tests/real/kube."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ldmrelease.checks.kinds import container
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.topology import Place
from ldmrelease.services.promotions import cleanup

PLACE = Place("base", "ocps")


def work(check: str):
    """As much of a step's work as a sweep needs: one check of that kind was begun."""
    step = SimpleNamespace(id="base/ocps/check/smoke", kind=StepKind.CHECK, parameters={"check": "smoke"})
    found = SimpleNamespace(name="smoke", kind=check, namespace="checks")
    return SimpleNamespace(
        application=SimpleNamespace(workloads=None),
        context=SimpleNamespace(
            topology=SimpleNamespace(check=lambda _: found),
        ),
        here=SimpleNamespace(steps=(step,)),
        journal=SimpleNamespace(step=lambda _: SimpleNamespace(intended=True)),
        pinned=SimpleNamespace(digest="sha256:1"),
        promotion="P-9",
        step=SimpleNamespace(place=PLACE),
        progress=lambda _code, _values: None,
    )


@pytest.fixture
def registered(monkeypatch):
    """Runs of the release: ours, one of another promotion, and one in another environment."""
    told = [("run-1", "P-9", "base"), ("run-2", "P-4", "base"), ("run-3", "P-9", "summit")]
    runs = [
        SimpleNamespace(run=run, check="smoke", promotion=promotion, environment=environment)
        for run, promotion, environment in told
    ]
    monkeypatch.setattr(cleanup, "registered_runs", lambda _context, _release: runs)


@pytest.mark.usefixtures("registered")
def test_containers_that_a_killed_process_has_left_are_removed(monkeypatch):
    removed = []
    monkeypatch.setattr(container, "remove_container", removed.append)
    assert cleanup.clean_up(work("container")) is None
    assert removed == ["run-1"]
