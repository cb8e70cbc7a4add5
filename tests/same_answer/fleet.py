"""A workspace with many places and releases, and a ledger of what a seed lets happen there in a week."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.predicates.test_result import CheckUsed, Outcomes, RunDone, write_result
from ldmrelease.domain.times import instant, spell
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_index
from ldmrelease.services.context import Context, open_context
from ldmrelease.services.evidence import manual
from ldmrelease.services.evidence.predicates import provenance
from ldmrelease.services.evidence.registered_runs import check_fact
from ldmrelease.services.releases.pin import Pinned, pin, pin_events
from ldmrelease.trust.signer import load_signer
from tests.same_answer.policies import CHECKS, LEVELS, policy
from tests.workspace import Site

BEGIN = instant("2024-03-04T08:00:00Z")
WEEK = timedelta(days=5)
COMPONENTS = ("api", "worker")
PRODUCT = "shop"
RUNNING = "1.0.0"
_DEADLINE = 3600
_SOAK = timedelta(hours=10)
"""How long what was promoted runs until the end."""


@dataclass(frozen=True)
class Fleet:
    """The workspace, its releases, and its environments by level; every environment has the application `app`."""

    root: Path
    tags: tuple[str, ...]
    environments: dict[str, tuple[str, ...]]

    @property
    def places(self) -> tuple[Place, ...]:
        """All places."""
        return tuple(Place(name, "app") for names in self.environments.values() for name in names)

    @property
    def now(self) -> datetime:
        """The workspace's clock at the end."""
        return BEGIN + WEEK

    def context(self) -> Context:
        """The workspace as it is at the end."""
        return open_context(load_workspace(self.root / "ldmrelease.yaml"))


def make_fleet(root: Path, seed: int, releases: int, places: int) -> Fleet:
    """A fleet of so many releases and places; the same seed makes the same history, by other keys."""
    random = Random(seed)
    environments = {
        level: tuple(f"{level[0]}{number}" for number in range(index, places, len(LEVELS)))
        for index, level in enumerate(LEVELS)
    }
    tags = tuple(f"1.{number}.0" + ("-rc.1" if number % 4 == 3 else "") for number in range(1, releases + 1))
    fleet = Fleet(root, tags, environments)
    policies = {
        f"policies/{level}.yaml": policy(random, level, names) for level, names in environments.items()
    }
    text = json.dumps(_workspace(fleet), indent=1)
    init_workspace(root, None, BEGIN, change=lambda _: text, further=policies)
    create_ledger(str(root / "ledger.db"), at=BEGIN, actor="me", projectors=PROJECTORS).close()
    _deploy(fleet)
    for tag in (RUNNING, *tags):
        _build(fleet, tag)
    _history(fleet, random)
    _promotions(fleet, random)
    for tag in random.sample(tags, k=len(tags) // 10):
        _build(fleet, tag, "pushed again")
    return fleet


def _workspace(fleet: Fleet) -> dict[str, Any]:
    keys = {name: f"keys/{name}.pem" for name in ("me", "runner", "observer", "promoter", "ledger")}
    return {
        "apiVersion": "ldmrelease/v1alpha1",
        "kind": "Workspace",
        "ledger": "ledger.db",
        "releases": "oci:images/releases",
        "policies": "policies",
        "trust": "trust.yaml",
        "base-uri": "https://shop.example",
        "clock": spell(BEGIN + WEEK),
        "keys": {**keys, "receipts": {level: f"keys/receipts-{level}.pem" for level in LEVELS}},
        "products": {
            PRODUCT: {
                "grammar": "semver",
                "default": True,
                "components": {each: {"image": f"oci:images/{each}"} for each in COMPONENTS},
            }
        },
        "checks": {each: {"kind": "reported", "tests": ["one", "two"], "deadline": "1h"} for each in CHECKS},
        "environments": {
            name: {"level": level, "applications": {"app": _application(name)}}
            for level, names in fleet.environments.items()
            for name in names
        },
    }


def _application(environment: str) -> dict[str, Any]:
    settings = [
        {"component": f"{PRODUCT}/{each}", "path": f"{each}.tag", "writes": "tag"} for each in COMPONENTS
    ]
    gitops = {"repository": "gitops", "file": f"values-{environment}.yaml", "settings": settings}
    return {"runs": [f"{PRODUCT}/{each}" for each in COMPONENTS], "target": {"gitops": gitops}}


def _deploy(fleet: Fleet) -> None:
    folder = fleet.root / "gitops"
    folder.mkdir()
    for place in fleet.places:
        text = "".join(f"{each}:\n  tag: {RUNNING}\n" for each in COMPONENTS)
        (folder / f"values-{place.environment}.yaml").write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-qm", "What runs"]):
        subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=ann@x", *words], cwd=folder, check=True
        )


def _build(fleet: Fleet, tag: str, seed: str = "") -> None:
    for each in COMPONENTS:
        repository = Registries(fleet.root).open(parse_reference(f"oci:images/{each}"))
        put_sample_index(repository, tag, seed=f"{each} {tag} {seed}")


def _history(fleet: Fleet, random: Random) -> None:
    context = fleet.context()
    pinned: dict[str, Pinned] = {}
    for tag, moment in zip(fleet.tags, _moments(random, len(fleet.tags)), strict=True):
        _at(context, moment)
        pinned[tag] = _pin(context, tag)
    last = context.now()
    for moment in _moments(random, 6 * len(fleet.tags)):
        _at(context, max(last, moment))
        random.choice((_sign, _run, _run, _observe, _observe))(fleet, context, random, pinned)
    for place in fleet.places:
        if random.random() < 0.8:
            _observe(fleet, context, random, pinned, place)
    context.ledger.close()


def _promotions(fleet: Fleet, random: Random) -> None:
    """Some releases go to the first level, as far as its policy lets them, and are seen there until the end."""
    places = [Place(each, "app") for each in fleet.environments[LEVELS[0]]]
    chosen = random.sample(places, k=(len(places) + 1) // 2)
    site = Site(fleet.root, BEGIN + WEEK)
    _clock(fleet, BEGIN + WEEK - _SOAK)
    for place in chosen:
        done = site.run("promote", _busy(fleet, random), "--target", str(place), "--yes")
        assert done.exit_code in (0, 1, 3, 4), done.output
    _clock(fleet, BEGIN + WEEK)
    for place in chosen:
        site.ok("observe", "--target", str(place))


def _clock(fleet: Fleet, moment: datetime) -> None:
    file = fleet.root / "ldmrelease.yaml"
    file.write_text(re.sub(r'"clock": "[^"]*"', f'"clock": "{spell(moment)}"', file.read_text()))


def _moments(random: Random, count: int) -> Iterator[datetime]:
    """So many moments of the week, in their order."""
    span = int((WEEK - _SOAK).total_seconds())
    yield from (BEGIN + timedelta(seconds=each) for each in sorted(random.choices(range(span), k=count)))


def _at(context: Context, moment: datetime) -> None:
    context.workspace = replace(context.workspace, clock=moment)


def _pin(context: Context, tag: str) -> Pinned:
    product = context.topology.product(PRODUCT)
    assert product is not None
    found = pin(context, product, tag)
    assert isinstance(found, Pinned)
    events, blobs, expect = pin_events(context, found, None)
    assert context.append(events, expect=expect, blobs=blobs) is None
    return replace(found, revision=1)


def _sign(fleet: Fleet, context: Context, random: Random, pinned: dict[str, Pinned]) -> None:
    """Somebody signs what was built, in a role that may or may not."""
    release = pinned[_busy(fleet, random)]
    kind = random.choice(["provenance", "provenance", "sbom"])
    builder = random.choice([None, None, "https://elsewhere.example/me"])
    predicate = provenance(context, release, builder) if kind == "provenance" else {"bomFormat": "CycloneDX"}
    key = random.choice(["ci", "ci", "ci", "runner"])
    for about, component in random.choice([[("release", None)], [("image", each) for each in COMPONENTS]]):
        _add(fleet, context, release, key, kind, about, component, predicate)


def _run(fleet: Fleet, context: Context, random: Random, pinned: dict[str, Pinned]) -> None:
    """A check is registered, and mostly comes to an end; or somebody ran one without saying so before."""
    release, name = pinned[_busy(fleet, random)], random.choice(CHECKS)
    check = context.topology.check(name)
    assert check is not None
    environment = random.choice(fleet.places).environment
    now, run = context.now(), f"{name}-{random.getrandbits(64):x}"
    definition = check_fact(check).digest
    if random.random() < 0.9:
        registration = RunRegistration(
            run,
            name,
            definition,
            environment,
            None,
            (release.digest,),
            now,
            now + timedelta(seconds=_DEADLINE),
            clock=True,
        )
        assert context.append([new_event(registration)]) is None
    result = random.choice(["PASSED", "PASSED", "PASSED", "FAILED", "WARNED", None])
    if result is None:
        return
    passed = ("one", "two") if result == "PASSED" else ("one",)
    other = {} if result == "PASSED" else {"failed" if result == "FAILED" else "warned": ("two",)}
    done = RunDone(run, now, now, environment, None)
    predicate = write_result(CheckUsed(name, definition), result, Outcomes(passed=passed, **other), done)
    _add(fleet, context, release, "runner", "check", "release", None, predicate)


def _add(
    fleet: Fleet,
    context: Context,
    release: Pinned,
    key: str,
    kind: str,
    about: str,
    component: str | None,
    predicate: dict[str, Any],
) -> None:
    subjects = manual.subjects_about(release, about, component, None)
    assert isinstance(subjects, tuple)
    envelope = manual.sign(load_signer(fleet.root / "keys" / f"{key}.pem"), kind, subjects, predicate)
    read = manual.read_evidence(envelope)
    assert isinstance(read, manual.ReadEvidence)
    added = manual.add(context, release, read)
    assert isinstance(added, manual.AddedEvidence), added


def _busy(fleet: Fleet, random: Random) -> str:
    """A release, and mostly one of those with which most of it happens."""
    return random.choice(fleet.tags[: len(fleet.tags) // 3 or 1] if random.random() < 0.8 else fleet.tags)


def _observe(
    fleet: Fleet, context: Context, random: Random, pinned: dict[str, Pinned], place: Place | None = None
) -> None:
    """Something is seen to run at a place: of one release, or of two."""
    place = place or random.choice(fleet.places)
    now, main = context.now(), random.choice(fleet.tags[: max(3, len(fleet.tags) // 4)])
    images = []
    for each in COMPONENTS:
        tag = main if random.random() < 0.9 else random.choice(fleet.tags)
        component = pinned[tag].release.component(each)
        assert component is not None
        images.append(ObservedImage(PRODUCT, each, component.digest, tag, ready=True, since=now))
    seen = Observation(place, now, "committed", f"{random.getrandbits(160):040x}", tuple(images), clock=True)
    assert context.append([new_event(seen)]) is None
