"""A role covers a release only if it covers all its images: for evidence, pins, requests, runs, observations."""

from typing import Any

import pytest
import yaml

from ldmrelease.domain.events import EventKind
from tests.workspace import BASE, BEFORE, PLACE, TESTSTAND, WEEKLY, Site

ONE = "oci:images/scipipe"
"""One of the two images of a stack release."""


def narrow(site: Site, *roles: str, to: str = ONE) -> None:
    """From now on these roles hold for one repository."""

    def changed(text: str) -> str:
        plain: dict[str, Any] = yaml.safe_load(text)
        for name in roles:
            plain["roles"][name]["repositories"] = [to]
        return yaml.safe_dump(plain, sort_keys=False)

    site.edit(changed, "trust.yaml")


MANAGERS = ("release-manager", "commissioning-manager")


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (MANAGERS, ("release", "pin", "w.2023.14")),
        (MANAGERS, ("promote", WEEKLY, "--target", PLACE)),
        (("runner",), ("check-run", "smoke", BEFORE, "--target", PLACE)),
    ],
)
def test_who_covers_one_image_signs_nothing_about_a_release_with_two(
    ready: Site, roles: tuple[str, ...], words: tuple[str, ...]
) -> None:
    narrow(ready, *roles)
    before = ready.everything()
    done = ready.run(*words)
    assert done.exit_code == 2, done.stdout
    assert "would not count: wrong-repository" in done.stderr
    assert "oci:images/sciplat-lab" in done.stderr
    assert ready.everything() == before


def test_both_images_are_enough(ready: Site) -> None:
    narrow(ready, *MANAGERS, "runner", "observer", to="oci:images/sci*")
    ready.ok("promote", WEEKLY, "--target", PLACE)


def test_a_pin_by_whoever_covers_one_image_does_not_count(ready: Site) -> None:
    narrow(ready, *MANAGERS)
    assert ready.run("release", "show", BEFORE).exit_code != 0
    assert BEFORE not in ready.ok("release", "list")


def test_a_request_by_whoever_covers_one_image_is_not_carried_out(ready: Site) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert ready.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    ready.advance(hours=3)
    ready.ok("observe")
    # The pin is the other role's, which still covers both.
    narrow(ready, "commissioning-manager")

    def only_pins(text: str) -> str:
        plain: dict[str, Any] = yaml.safe_load(text)
        plain["roles"]["release-manager"]["types"] = ["pin"]
        return yaml.safe_dump(plain, sort_keys=False)

    ready.edit(only_pins, "trust.yaml")
    before = ready.committed(BASE)
    done = ready.run("resume", "--all")
    assert done.exit_code == 3
    assert "does not count: wrong-repository" in done.stdout + done.stderr
    assert ready.committed(BASE) == before


@pytest.mark.parametrize("about", ["release", "content"])
def test_evidence_about_a_whole_release_needs_a_role_for_all_its_images(ready: Site, about: str) -> None:
    signed = str(ready.root / "result.json")
    ready.ok(
        "evidence", "sign", BEFORE, "--type", "check", "--check", "versions", "--result", "passed", "--about", about,
        "--key", str(ready.root / "keys/runner.pem"), "--out", signed,
    )  # fmt: skip
    assert ready.run("evidence", "verify", signed).exit_code == 0
    narrow(ready, "runner")
    done = ready.run("evidence", "verify", signed)
    assert done.exit_code == 1
    assert "repositor" in done.stdout
    assert "wrong-repository" in ready.run("evidence", "verify", signed, "-o", "json").stdout


def test_observations_by_whoever_covers_another_image_are_none(ready: Site) -> None:
    narrow(ready, "observer", to="oci:images/sciplat-lab")
    before = ready.events(EventKind.OBSERVED, f"environment/{PLACE}")
    assert before
    done = ready.run("observe")
    assert done.exit_code == 2
    assert "would not count: wrong-repository" in done.stderr
    assert ready.events(EventKind.OBSERVED, f"environment/{PLACE}") == before
    assert "never-observed" in ready.ok("where", PLACE, "-o", "json")
