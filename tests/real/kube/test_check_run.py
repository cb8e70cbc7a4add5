"""A check that somebody runs by hand at a place in a cluster."""

from __future__ import annotations

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.one_place import OnePlace
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real


def test_what_does_not_run_there_is_not_checked_there(place: OnePlace):
    """And no run is registered: the latest one decides, and this one could never have a result."""
    place.deploy(objects.deployment(place.namespace, "app", place.pod()))
    place.select("Deployment/app")
    place.push_weekly()
    place.site.ok("release", "pin", WEEKLY)
    before = place.site.head()
    told = place.run("check-run", "smoke", WEEKLY, "--target", PLACE, code=ExitCode.UNDECIDED).stdout
    assert f"stack/{WEEKLY} does not run on every pod of {PLACE}; nothing was registered" in told
    assert place.site.head() == before
    place.promote()
    assert "PASSED: smoke" in place.run("check-run", "smoke", WEEKLY, "--target", PLACE).stdout
