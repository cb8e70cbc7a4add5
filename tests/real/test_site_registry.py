"""Environments with a registry of their own: images and what refers to them are there, verified, before anything is
written; receipts of other places stay away, and the own ones are published there.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.predicates.summary import BUNDLE_PREDICATE_ANNOTATION, BUNDLE_TYPE
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import list_referrers
from ldmrelease.registry.repository import Repository
from tests.images import attach
from tests.real.faultproxy import FaultProxy, flip
from tests.real.faultproxy import status as answer
from tests.real.registries import RunningRegistry
from tests.real.test_kills import assert_done_once, count_calls, finish, killed_at
from tests.workspace import WEEKLY, Site, copy_site, new_site

pytestmark = pytest.mark.real

FIRST, SECOND = "usdfdev/batch", "usdfint/batch"
TAG = "al9-w_2023_16"
SHARES = 4
_NUMBERS = count()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("site-registry") / "template"
    new_site(root).release_weekly()
    return root


def with_registry(template: Path, root: Path, address: str, *environments: str) -> tuple[Site, str]:
    """A copy of the workspace where these environments have a registry; and its name, which nobody has used."""
    site, registry = copy_site(template, root), f"{address}/{root.parent.name.lower()}-{next(_NUMBERS)}"
    for each in environments:
        site.edit(
            lambda text, name=each: text.replace(f"  {name}:\n", f"  {name}:\n    registry: {registry}\n")
        )
    return site, registry


def opened(site: Site, name: str) -> Repository:
    return Registries(site.root).open(parse_reference(name))


def promote(site: Site, place: str) -> tuple[int, str]:
    done = site.run("promote", WEEKLY, "--target", place)
    assert "Traceback" not in done.stderr
    return done.exit_code, " ".join((done.stderr + done.stdout).split())


def copied(site: Site, place: str) -> dict[str, Any]:
    """What the copy step at the place recorded."""
    (done,) = [each.body for each in site.events(EventKind.DONE) if each.body["step"] == f"{place}/copy"]
    return done["result"]


def last_promotion(site: Site) -> str:
    return site.events(EventKind.REQUESTED)[-1].stream.removeprefix("promotion/")


def image_of(site: Site) -> ImageIdentity:
    found = identity(opened(site, "oci:images/scipipe"), TAG)
    assert isinstance(found, ImageIdentity)
    return found


def test_the_image_and_its_referrers_are_at_the_site_and_other_receipts_are_not(
    template: Path, tmp_path: Path, any_registry: RunningRegistry
) -> None:
    site, registry = with_registry(template, tmp_path / "site", any_registry.address, "usdfint")
    source, image = opened(site, "oci:images/scipipe"), image_of(site)
    note = attach(source, image.index)
    report = attach(source, image.platforms[0].manifest, content=b"about one platform")
    foreign = {BUNDLE_PREDICATE_ANNOTATION: STATEMENT_TYPES["receipt"].uri}
    receipt = attach(source, image.index, BUNDLE_TYPE, b"{}", **foreign)
    assert promote(site, FIRST)[0] == 0
    code, said = promote(site, SECOND)
    assert code == 0, said

    there = opened(site, f"{registry}/scipipe")
    assert identity(there, TAG) == image
    at_source = {each.digest for each in list_referrers(source, image.index)}
    listed = {each.digest for each in list_referrers(there, image.index)}
    own = {
        digest
        for each in site.events(EventKind.DONE)
        if each.body["step"] == f"{SECOND}/publish"
        for digest in each.body["result"]["referrers"]
    }
    assert note in listed
    assert receipt not in listed
    assert len(listed) == 2, "the note, and the receipt of this place"
    assert listed - {note} <= own
    assert listed < at_source, "the source has the receipts of both places"
    assert report in {each.digest for each in list_referrers(there, image.platforms[0].manifest)}
    result = copied(site, SECOND)
    assert (result["found"], result["images"][0]["referrers"], result["images"][0]["left"] >= 2) == (
        False,
        2,
        True,
    )
    assert result["bytes"] > 0


def test_what_is_there_already_is_found_and_nothing_is_sent(
    template: Path, tmp_path: Path, proxied_referrers: FaultProxy
) -> None:
    site, _ = with_registry(template, tmp_path / "site", proxied_referrers.address, "usdfdev", "usdfint")
    assert promote(site, FIRST)[0] == 0
    proxied_referrers.heal()
    assert promote(site, SECOND)[0] == 0
    result = copied(site, SECOND)
    assert (result["found"], result["bytes"]) == (True, 0)
    sent = [
        each.path
        for each in proxied_referrers.requests
        if each.method == "PUT" and "/manifests/" in each.path
    ]
    assert len(sent) == 3, "the receipt at the index and at two platforms"
    # One look; the children of the index are read for their referrers.
    assert result["requests"] <= 3
    plan = site.ok("promotions", "show", last_promotion(site))
    assert "done     copy images to the site's registry: found True" in plan


def test_the_plan_says_what_is_copied_where(
    template: Path, tmp_path: Path, docker_registry: RunningRegistry
) -> None:
    site, registry = with_registry(template, tmp_path / "site", docker_registry.address, "usdfdev")
    said = site.ok("promote", WEEKLY, "--target", FIRST, "--dry-run")
    assert f"copy scipipe to {registry}, and verify it there" in said
    assert opened(site, f"{registry}/scipipe").tags() == [], "a look copies nothing"


def test_other_bytes_at_the_site_stop_it_before_anything_is_written(
    template: Path, tmp_path: Path, proxied: FaultProxy
) -> None:
    site, _ = with_registry(template, tmp_path / "site", proxied.address, "usdfdev")
    head = site.git("rev-parse", "main")
    proxied.fail("GET", "/scipipe/manifests/", flip)
    code, said = promote(site, FIRST)
    assert code == 3, said
    assert "halted: copy failed" in said
    assert "nothing was switched" in said
    assert site.git("rev-parse", "main") == head


def test_a_site_that_does_not_answer_interrupts_and_a_resume_goes_on(
    template: Path, tmp_path: Path, proxied: FaultProxy
) -> None:
    site, registry = with_registry(template, tmp_path / "site", proxied.address, "usdfdev")
    head = site.git("rev-parse", "main")
    proxied.fail("PUT", "/scipipe/manifests/", answer(403))
    code, said = promote(site, FIRST)
    assert code == 3, said
    assert "403" in said or "refused" in said
    assert site.git("rev-parse", "main") == head
    proxied.heal()
    site.ok("resume", last_promotion(site))
    assert identity(opened(site, f"{registry}/scipipe"), TAG) == image_of(site)
    assert site.git("rev-parse", "main") != head


def at_the_site(calls: list[str], registry: str) -> list[int]:
    """The numbers of the calls that write at the site's registry."""
    name = registry.partition("/")[2]
    writes = [number for number, call in enumerate(calls, 1) if f"/{name}/" in call and " GET " not in call]
    return [number for number in writes if " HEAD " not in calls[number - 1]]


@pytest.mark.parametrize(("kind", "between"), [("docker_registry", 9), ("referrers_registry", 1)])
@pytest.mark.parametrize("share", range(SHARES))
def test_killed_in_the_middle_and_resumed(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest, kind: str, between: int, share: int
) -> None:
    address = request.getfixturevalue(kind).address
    counted, registry = with_registry(template, tmp_path / "counted", address, "usdfint")
    note = attach(opened(counted, "oci:images/scipipe"), TAG)
    points = at_the_site(count_calls(counted), registry)
    assert len(points) >= 2 * SHARES
    # Dealt out; of the many of docker-registry not all, but each kind of request has its turn.
    for number in points[share * between :: SHARES * between]:
        site, registry = with_registry(template, tmp_path / f"killed-{number}", address, "usdfint")
        attach(opened(site, "oci:images/scipipe"), TAG)
        killed_at(site, number)
        finish(site)
        assert_done_once(site)
        there, image = opened(site, f"{registry}/scipipe"), image_of(site)
        assert identity(there, TAG) == image
        listed = {each.digest for each in list_referrers(there, image.index)}
        assert note in listed
        assert len(listed) == 2, "the note and this place's receipt, once"
