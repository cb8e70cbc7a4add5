"""Small facts to decide on: a weekly with one image of two platforms, on its way to the summit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain.canonical import digest
from ldmrelease.domain.decision import Decision, Finding, Phase
from ldmrelease.domain.facts import (
    ApprovalFact,
    CheckFact,
    Facts,
    ImageFact,
    ImageResidence,
    Intent,
    ReleaseFact,
    RunFact,
    StatementFact,
    WaiverFact,
)
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.engine import evaluate

NOW = datetime(2023, 4, 21, 18, tzinfo=UTC)
HOUR = 3600


def sha(text: str) -> str:
    return digest(text.encode())


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


RELEASE, CONTENT, INDEX, AMD, ARM = (sha(text) for text in ("release", "content", "index", "amd64", "arm64"))
SMOKE = sha("smoke/1")
SUMMIT, BASE, IDF, TUCSON = (
    Place(name, "nublado") for name in ("summit", "base", "idfdev", "tucson-teststand")
)
PROMPT = Place("summit", "prompt-processing")

IMAGE = ImageFact(
    "lab",
    "ghcr.io/lsst/scipipe:al9-w_2023_16",
    INDEX,
    (
        PlatformImage("linux/amd64", AMD, sha("amd64 config")),
        PlatformImage("linux/arm64", ARM, sha("arm config")),
    ),
    present=True,
    tag_now=INDEX,
)
WEEKLY = ReleaseFact(
    "stack", "w.2023.16", "weekly", True, (2023, 16, 0), (2023, 16, 0, None), RELEASE, CONTENT, (), (IMAGE,)
)
FACTS = Facts(
    Intent.PROMOTE,
    "ana",
    SUMMIT,
    "commissioning",
    sha("policy"),
    WEEKLY,
    places={"development": (IDF, TUCSON), "commissioning": (BASE, SUMMIT, PROMPT)},
    place_components={str(each): ("lab",) for each in (IDF, TUCSON, BASE, SUMMIT, PROMPT)},
    checks=(CheckFact("smoke", SMOKE, ("import", "plot")),),
)


def facts(**changes: Any) -> Facts:
    return replace(FACTS, **changes)


def weekly(**changes: Any) -> ReleaseFact:
    return replace(WEEKLY, **changes)


def image(**changes: Any) -> ImageFact:
    return replace(IMAGE, **changes)


def statement(name: str, **changes: Any) -> StatementFact:
    """A counted provenance of the index, signed by the CI and taken in an hour ago."""
    given: dict[str, Any] = {
        "evidence": sha(name),
        "blob": sha(name + " blob"),
        "type": "provenance",
        "subjects": (INDEX,),
        "signer": "ci",
        "roles": ("ci",),
        "counted": True,
        "code": None,
        "received": ago(HOUR),
    }
    return StatementFact(**given | changes)


def result(name: str, **changes: Any) -> StatementFact:
    """A counted PASSED of `smoke` about the release, from the base, of a run of the same name."""
    given: dict[str, Any] = {
        "type": "check",
        "subjects": (RELEASE,),
        "signer": "runner",
        "roles": ("runner",),
        "check": "smoke",
        "check_digest": SMOKE,
        "result": "PASSED",
        "run": name,
        "environment": "base",
    }
    return statement(name, **given | changes)


def run(name: str, **changes: Any) -> RunFact:
    """A registered run of `smoke` about the release at the base, with the result of the same name."""
    given: dict[str, Any] = {
        "run": name,
        "check": "smoke",
        "check_digest": SMOKE,
        "environment": "base",
        "subjects": (RELEASE,),
        "registered": ago(2 * HOUR),
        "deadline": ago(HOUR // 2),
        "evidence": sha(name),
    }
    return RunFact(**given | changes)


def stay(place: Place = BASE, **changes: Any) -> ImageResidence:
    """The release's image runs at the base since six hours ago, let in there, seen for four of them."""
    given: dict[str, Any] = {
        "place": place,
        "level": "commissioning",
        "component": "lab",
        "digest": INDEX,
        "first": ago(6 * HOUR),
        "last": NOW,
        "observed": 4 * HOUR,
        "current": True,
    }
    made = given | changes
    return ImageResidence(**{"admitted": made["observed"], **made})


def approval(name: str, person: str = "", **changes: Any) -> ApprovalFact:
    """An approval of the release for the summit, an hour ago and for a week, by a manager, on nothing else."""
    given: dict[str, Any] = {
        "approval": name,
        "persons": (person or name,),
        "roles": ("manager",),
        "subject": RELEASE,
        "scope": "summit/nublado",
        "basis": {},
        "received": ago(HOUR),
        "expires": ago(HOUR) + timedelta(days=7),
        "counted": True,
    }
    return ApprovalFact(**given | changes)


def waiver(name: str, of: Requirement, *failing: str, **changes: Any) -> WaiverFact:
    """A waiver of a requirement as it is defined, an hour ago and for a week, by a manager."""
    given: dict[str, Any] = {
        "waiver": name,
        "person": "wim",
        "roles": ("manager",),
        "scope": "summit/nublado",
        "requirement": of.id,
        "definition": of.definition,
        "failing": failing,
        "received": ago(HOUR),
        "expires": ago(HOUR) + timedelta(days=7),
        "counted": True,
        "reason": "known",
    }
    return WaiverFact(**given | changes)


def requirement(rule: str, *, name: str = "it", **parameters: Any) -> Requirement:
    return Requirement(name, rule, parameters)


def level(*enter: Requirement, **changes: Any) -> Level:
    return replace(Level("commissioning", 1, sha("policy"), ("weekly", "release"), tuple(enter)), **changes)


def decide(asked: Level, known: Facts = FACTS, now: datetime = NOW, phase: Phase = Phase.ENTER) -> Decision:
    return evaluate(asked, known, now, facts_digest=sha("facts"), phase=phase)


def judge(rule: str, known: Facts = FACTS, now: datetime = NOW, **parameters: Any) -> Finding:
    """The finding of a decision that asks one thing."""
    return decide(level(requirement(rule, **parameters)), known, now).findings[-1]
