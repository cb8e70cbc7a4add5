"""Results of checks that are too long for a message, from the command line to what is signed."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from tests.workspace import PLACE, WEEKLY, Site, agree_workspace, copy_site, new_site

RESULTS = "oci:images/results"
NAMES = ["names-a-release", "has-images", *(f"notebook-{number:04}" for number in range(1500))]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = new_site(tmp_path_factory.mktemp("results") / "site")
    site.release_weekly()
    site.ok("release", "pin", WEEKLY)
    site.commit_by_hand(PLACE, "al9-w_2023_15", "al9-w_2023_16")
    site.edit(
        lambda text: text.replace("[sh, checks/smoke.sh]", f"[sh, checks/smoke.sh]\n    results: {RESULTS}")
    )
    return site.root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return copy_site(template, tmp_path / "site")


def put(site: Site, passed: list[str], failed: list[str]) -> str:
    """Somebody puts a result into the repository; its digest."""
    result = {"result": "FAILED" if failed else "PASSED", "passedTests": passed, "failedTests": failed}
    repository = Registries(site.root).open(parse_reference(RESULTS))
    return repository.put_blob(json.dumps(result).encode())


def smoke_says(site: Site, pointer: str, status: int = 0) -> None:
    """What the smoke test prints and ends with from now on."""
    script = f"""printf '{{"resultAt": "%s"}}' "{pointer}"\nexit {status}\n"""
    (site.root / "checks" / "smoke.sh").write_text(script)
    agree_workspace(site.root)


def test_a_check_that_names_its_repository_may_pass_and_fail_more_tests_than_a_message_holds(
    site: Site,
) -> None:
    smoke_says(site, f"$LDMRELEASE_RESULTS@{put(site, NAMES, [])}")
    passed = site.run("check-run", "smoke", WEEKLY, "--target", PLACE, "-o", "json")
    (run,) = json.loads(passed.stdout)
    assert (passed.exit_code, run["passed"]) == (0, NAMES)
    smoke_says(site, f"$LDMRELEASE_RESULTS@{put(site, NAMES[:2], NAMES[2:])}", status=1)
    failed = site.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert failed.exit_code == 1
    assert "failed: notebook-0000, notebook-0001, " in failed.stdout
    assert "notebook-0009 and 1,490 others" in failed.stdout
    counted = json.loads(site.ok("evidence", "list", WEEKLY, "-o", "json"))
    signed = {each["result"]: each["failed_tests"] for each in counted}
    assert signed == {"PASSED": [], "FAILED": NAMES[2:]}


def test_a_result_that_cannot_be_read_says_so_and_is_no_pass(site: Site) -> None:
    smoke_says(site, f"{RESULTS}@sha256:{'0' * 64}")
    errored = site.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert errored.exit_code == 3
    assert (
        "result-absent: the result that its message names is not in the check's `results` reposi"
        in errored.stdout
    )
    assert json.loads(site.ok("evidence", "list", WEEKLY, "-o", "json")) == []


def test_a_registry_that_is_away_is_said_and_nothing_is_signed(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = f"127.0.0.1:{taken.getsockname()[1]}/results"
        site.edit(lambda text: text.replace(f"results: {RESULTS}", f"results: {away}"))
        smoke_says(site, f"$LDMRELEASE_RESULTS@sha256:{'0' * 64}")
        cut = site.run("check-run", "smoke", WEEKLY, "--target", PLACE)
    assert cut.exit_code == 3
    assert f"{away} could not be reached: GET {away}: " in cut.stderr
    assert "has no result yet" in cut.stderr
    assert json.loads(site.ok("evidence", "list", WEEKLY, "-o", "json")) == []
