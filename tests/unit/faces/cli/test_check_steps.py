"""Checks that a promotion runs: what fails at a place is refused there, whatever passed elsewhere or later."""

from __future__ import annotations

import hashlib
import json
import re
import socket
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ldmrelease.checks.outcome import said_nothing
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.promotion import PromotionPlanned, StepIntended
from ldmrelease.promotion.state import read_journal
from ldmrelease.services.checks.runs import RunResult, run_registered
from ldmrelease.services.promotions.steps import check
from tests.workspace import BEFORE, BEGIN, PLACE, WEEKLY, Site, agree_workspace, copy_site, new_site


class Told(NamedTuple):
    event: Event
    body: Any


ENVIRONMENT = "usdfdev"
BATCH = "applications/batch/values-usdfdev.yaml"
NIGHTLY = "applications/nightly/values-usdfdev.yaml"
NEXT = "  usdfint:\n"


def second_application(site: Site) -> None:
    """The environment runs the same images in another application, too."""
    start, end = "      batch:\n", NEXT

    def with_nightly(text: str) -> str:
        own = text[text.index(start, text.index("  usdfdev:\n")) : text.index(end)]
        return text.replace(end, own.replace("batch", "nightly") + end, 1)

    site.edit(with_nightly)
    values = site.root / "gitops" / NIGHTLY
    values.parent.mkdir()
    values.write_text((site.root / "gitops" / BATCH).read_text())
    site.git("add", "-A")
    site.git("commit", "-q", "-m", "Nightly")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = new_site(tmp_path_factory.mktemp("checks") / "site")
    second_application(site)
    site.release_weekly()
    site.ok("release", "pin", BEFORE)
    site.ok("observe")
    return site.root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return copy_site(template, tmp_path / "site")


def smoke_is(site: Site, *lines: str) -> None:
    (site.root / "checks" / "smoke.sh").write_text("\n".join(["#!/bin/sh", *lines, ""]))
    agree_workspace(site.root)


def test_a_check_that_fails_at_the_second_application_of_an_environment_is_a_failure(site: Site) -> None:
    """Its run is another than that of the first: a second result of one run would not count."""
    smoke_is(site, 'test "$LDMRELEASE_APPLICATION" != nightly')
    done = site.run("promote", WEEKLY, "--target", ENVIRONMENT)
    assert f"{PLACE}: check smoke: PASSED" in done.stderr
    assert "usdfdev/nightly: check smoke: FAILED" in done.stderr
    assert done.exit_code == 1
    assert "al9-w_2023_15" in site.git("show", f"main:{NIGHTLY}")


def test_a_command_that_has_failed_is_not_run_again_for_its_result(site: Site) -> None:
    """The registry that its message names is away; a second run would be another chance to pass."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = f"127.0.0.1:{taken.getsockname()[1]}/results"
        site.edit(
            lambda text: text.replace("[sh, checks/smoke.sh]", f"[sh, checks/smoke.sh]\n    results: {away}")
        )
        message = f'{{"resultAt": "{away}@sha256:{"0" * 64}"}}'
        smoke_is(site, "test -e ran && exit 0", "touch ran", f"echo '{message}'", "exit 1")
        done = site.run("promote", WEEKLY, "--target", PLACE)
    assert f"{PLACE}: check smoke: FAILED" in done.stderr
    assert done.exit_code == 1


def test_a_check_that_went_on_for_long_and_was_spoiled_is_registered_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the first run goes on was recorded meanwhile, by ourselves: nobody has taken over."""
    runs: list[str] = []

    def spoiled_first(*given: Any) -> RunResult | Unavailable:
        run, beat = given[2], given[-1]
        runs.append(run.run)
        assert len(runs) < 4, "it goes round for ever"
        beat()
        if run.run == runs[0]:
            return RunResult("ERRORED", said_nothing("rollout", "it was rolled out meanwhile"))
        return run_registered(*given)

    monkeypatch.setattr(check, "run_registered", spoiled_first)
    smoke_is(site, "exit 0")
    done = site.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 0
    assert (len(runs), len(set(runs))) == (2, 2)


def test_a_job_that_is_asked_for_where_there_is_no_cluster_is_found_when_planning(site: Site) -> None:
    """It would be told only after the release had been deployed."""
    as_job = "kind: job\n    image: scipipe\n    template: starts"
    site.edit(lambda text: text.replace("kind: command\n    command: [sh, checks/smoke.sh]", as_job))
    before = site.everything()
    done = site.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 1
    assert "wants the check smoke, which is a Job, and usdfdev/batch has no workloads" in done.output
    assert site.everything() == before


def agree(site: Site, level: str) -> None:
    """The trust document records the policy of a level as it is now."""
    policy = site.root / "policies" / f"{level}.yaml"
    own = "sha256:" + hashlib.sha256(policy.read_bytes()).hexdigest()
    pattern = rf"(?s)({level}:\s*version: \d+\s*digest: )sha256:[0-9a-f]+"
    site.edit(lambda text: re.sub(pattern, rf"\g<1>{own}", text, count=1), "trust.yaml")


@pytest.mark.parametrize("name", ["restore", "claim", "free", "publish", "receipt"])
def test_a_check_may_be_called_like_a_step(site: Site, name: str) -> None:
    """The step of a check is named after it, and is no other step: the promotion ends well, and is not restored."""
    smoke_is(site, "exit 0")
    check_of_smoke = "  smoke:\n    kind: command\n    command: [sh, checks/smoke.sh]\n"
    site.edit(
        lambda text: text.replace("checks:\n", f"checks:\n{check_of_smoke.replace('smoke:', name + ':', 1)}"
                                  "    tests: [names-a-release, has-images]\n    deadline: 10m\n")
    )  # fmt: skip
    site.edit(lambda text: text.replace("check: smoke", f"check: {name}"), "policies/development.yaml")
    agree(site, "development")
    told = site.run("promote", WEEKLY, "--target", PLACE)
    assert told.exit_code == 0, told.stderr
    assert f"{PLACE}: check {name}: PASSED" in told.stderr
    (promotion,) = json.loads(site.ok("promotions", "list", "-o", "json"))
    assert (promotion["state"], promotion["done"]) == ("succeeded", [PLACE])
    steps = json.loads(site.ok("promotions", "show", promotion["promotion"], "-o", "json"))["places"][0][
        "steps"
    ]
    assert (f"{PLACE}/check/{name}", "done") in {(each["step"], each["state"]) for each in steps}


def test_a_check_called_restore_is_not_a_restore_while_it_runs() -> None:
    event = Event("u", 1, BEGIN, "a", "k", "promotion/P-1", 1, {}, "", "")
    told = [Told(event, PromotionPlanned("sha256:a")), Told(event, StepIntended(f"{PLACE}/check/restore"))]
    assert read_journal(told).state == "running"
    assert read_journal([*told, Told(event, StepIntended(f"{PLACE}/restore"))]).state == "restoring"
