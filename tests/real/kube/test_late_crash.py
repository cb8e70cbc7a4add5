"""A release whose pods are ready for a moment, and crash afterwards: the check is what gives them the time."""

from __future__ import annotations

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.one_place import OnePlace
from tests.workspace import agree_workspace

pytestmark = pytest.mark.real


def test_what_crashes_during_its_check_is_put_back_and_the_crash_is_said(place: OnePlace):
    place.deploy(objects.deployment(place.namespace, "app", place.pod()))
    place.select("Deployment/app", deadline="60s", patience="5s")
    place.push_weekly(script="sleep 3; exit 3")
    # It passes, whatever runs there; it only takes its time.
    (place.site.root / "checks" / "smoke.sh").write_text("#!/bin/sh\nsleep 5\n")
    agree_workspace(place.site.root)
    done = place.promote(ExitCode.UNDECIDED)
    assert "verified: the pods run it" in done.stderr
    assert "check/smoke failed" in done.stderr
    # Whether it is seen up again or waiting to be, when the check ends.
    assert "crash" in done.stdout
    assert place.show()["places"][0]["state"] == "restored"
    place.kube.until("Deployment", place.namespace, "app", objects.rolled_out)
    assert place.images() == {place.old.by_tag}
    assert place.receipts() == []
