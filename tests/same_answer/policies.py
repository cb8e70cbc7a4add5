"""Policies that a seed makes, of every rule there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

LEVELS = ("development", "staging", "production")
CHECKS = ("smoke", "acceptance")
KINDS = ("release", "candidate")

_Clause = dict[str, Any]
_CONFIRMED = {"id": "confirmed", "rule": "check", "check": "smoke", "where": "here", "max-age": "24h"}
_ZONES = ("UTC", "America/Santiago", "America/Los_Angeles", "Asia/Kolkata")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def policy(random: Random, level: str, environments: tuple[str, ...]) -> bytes:
    """A policy of a level that has these environments, as YAML (of which JSON is a part)."""
    enter = [*_clauses(random, level, environments)]
    own = random.sample(environments, k=min(2, len(environments)))
    spec: dict[str, Any] = {
        "accepts": random.choice([["release"], ["release", "candidate"], ["release", "candidate", "branch"]]),
        "enter": enter,
        # A promotion to the first level ends at once.
        "confirm": [_CONFIRMED] if level != LEVELS[0] else [],
        "environments": {each: {"enter": [_additional(random, level)]} for each in own},
    }
    document = {
        "apiVersion": "ldmrelease/v1alpha1",
        "kind": "Level",
        "metadata": {"name": level, "version": 1},
        "spec": spec,
    }
    return json.dumps(document, indent=1).encode()


def _clauses(random: Random, level: str, environments: tuple[str, ...]) -> Iterator[_Clause]:
    makers = [_images, _images, _attested, _checked, _before, _before, _not_returned, _not_returned, _window]
    makers += [_cycle if random.random() < 0.5 else _same_content]
    chosen = random.sample(makers, k=random.randint(1, 3))
    for number, make in enumerate(chosen):
        clause = make(random, level)
        if clause is not None:
            yield {"id": f"r{number}", **clause, **_enforced(random)}
    if random.random() < 0.5 or level == LEVELS[0]:
        yield {"id": "here-first", "rule": "images"}
    if not environments:
        raise ValueError(level)


def _additional(random: Random, level: str) -> _Clause:
    makers: list[Callable[[Random, str], _Clause | None]] = [_attested, _checked, _not_returned, _window]
    found = random.choice(makers)(random, level)
    return {"id": random.choice(["r0", "own"]), **(found or {"rule": "not-returned"})}


def _enforced(random: Random) -> _Clause:
    return {"enforce-from": "2024-03-06"} if random.random() < 0.1 else {}


def _images(random: Random, _: str) -> _Clause:
    return {"rule": "images"} | random.choice(
        [{}, {}, {"platforms": ["linux/amd64"]}, {"platforms": ["linux/arm64"]}]
    )


def _attested(random: Random, _: str) -> _Clause:
    clause: _Clause = {"rule": "attested", "type": random.choice(["provenance", "provenance", "sbom"])}
    clause |= random.choice([{}, {"about": "image"}, {"about": "release"}])
    clause |= random.choice([{}, {"by": ["ci"]}, {"by": ["runner"]}])
    clause |= random.choice([{}, {}, {"max-age": "72h"}, {"minimum": 2}])
    if clause["type"] == "provenance":
        clause |= random.choice(
            [{}, {"builder": ["*/builders/ci"]}, {"builder": ["other"]}, {"commit": "pinned"}]
        )
    return clause


def _checked(random: Random, level: str) -> _Clause:
    before = LEVELS[max(LEVELS.index(level) - 1, 0)]
    clause: _Clause = {"rule": "check", "check": random.choice(CHECKS)}
    clause |= random.choice([{}, {"where": f"level:{before}"}, {"where": "here"}])
    clause |= random.choice([{}, {"max-age": "12h"}, {"max-age": "72h"}])
    return clause | random.choice([{}, {"by": ["runner"]}, {"unregistered": True}, {"accept-warned": True}])


def _before(random: Random, level: str) -> _Clause | None:
    if level == LEVELS[0]:
        return None
    clause: _Clause = {"rule": "after", "level": LEVELS[LEVELS.index(level) - 1]}
    clause |= random.choice([{}, {}, {"for": "6h"}, {"for": "2d"}])
    return clause | random.choice([{}, {"admitted": False}, {"admitted": False}, {"components": "any"}])


def _not_returned(_: Random, __: str) -> _Clause:
    return {"rule": "not-returned"}


def _window(random: Random, _: str) -> _Clause:
    hours = {"from": f"{random.randint(0, 23):02}:00", "until": f"{random.randint(0, 23):02}:30"}
    day = {"weekday": random.choice(_DAYS)} if random.random() < 0.3 else {}
    return {"rule": "window", "zone": random.choice(_ZONES), **hours, **day}


def _same_content(_: Random, __: str) -> _Clause:
    return {"rule": "same-content-as"}


def _cycle(_: Random, __: str) -> _Clause:
    return {"rule": "same-cycle"}
