"""What a decision costs, beside writing the same decision down with json.dumps; and how it grows.

    python benchmarks/decision/run.py

Prints a small table and keeps it in `last.txt` beside this file. It asserts nothing: the unit tests count
look-ups, a clock belongs here. Each number is the best of several rounds, on whatever machine this is.
"""

import json
import platform
import timeit
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.facts import (
    CheckFact,
    Facts,
    ImageFact,
    Intent,
    Interval,
    ReleaseFact,
    RunFact,
    StatementFact,
    Stay,
)
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.engine import evaluate

NOW = datetime(2023, 4, 21, 18, tzinfo=UTC)
HOUR = 3600
SUMMIT, BASE, IDF = (Place(name, "nublado") for name in ("summit", "base", "idfdev"))
CHECKS = ("smoke", "notebooks", "tutorial", "mobu")


def sha(text: str) -> str:
    return canonical.digest(text.encode())


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


RELEASE = sha("release")
IMAGES = tuple(
    ImageFact(name, f"registry.example/{name}:w_2023_16", sha(name), platforms, True, sha(name))
    for name in ("lab", "scipipe", "prompt")
    for platforms in [(PlatformImage("linux/amd64", sha(f"{name} amd64"), sha(f"{name} config")),)]
)

# Eleven requirements and the three built-in findings: fourteen, as many as a rigorous level has.
REQUIREMENTS = (
    Requirement("images", "images", {"platforms": ["linux/amd64"]}),
    Requirement("built-by-ci", "attested", {"type": "provenance", "about": "image", "by": ["ci"]}),
    Requirement("packages-listed", "attested", {"type": "sbom", "about": "image", "max_age": 90 * 24 * HOUR}),
    *(Requirement(name, "check", {"check": name, "max_age": 24 * HOUR, "by": ["runner"]}) for name in CHECKS),
    Requirement("ran-on-development", "after", {"level": "development", "for_": 2 * HOUR}),
    Requirement("base-first", "after", {"environment": "base", "for_": 4 * HOUR}),
    Requirement("no-return", "not-returned"),
    Requirement("wednesday", "window", {"start": "13:00", "end": "17:00", "zone": "America/Santiago"}),
)


def level(count: int) -> Level:
    """A level with so many requirements, the eleven over and over."""
    rounds = (replace(REQUIREMENTS[n % 11], id=f"{REQUIREMENTS[n % 11].id}-{n}") for n in range(count))
    return Level("production", 1, sha("policy"), ("weekly",), tuple(rounds))


def facts(statements: int, asked: Level) -> Facts:
    """Facts that satisfy all of it, with so many statements: packages, provenance, runs of four checks."""
    about = [
        statement(f"{kind} {image.component}", kind, (image.platforms[0].manifest, image.digest), "ci")
        for image in IMAGES
        for kind in ("provenance", "sbom")
    ]
    results = [result(n) for n in range(statements - len(about))]
    opened = (Interval(ago(HOUR), NOW + timedelta(hours=3)),)
    return Facts(
        Intent.PROMOTE,
        "ana",
        SUMMIT,
        "production",
        sha("policy"),
        ReleaseFact(
            "stack",
            "w.2023.16",
            "weekly",
            True,
            (2023, 16),
            (2023, 16, 0, None),
            RELEASE,
            sha("c"),
            (),
            IMAGES,
        ),
        statements=(*about, *results),
        runs=tuple(run(n) for n in range(len(results))),
        stays=tuple(
            Stay(place, "x", RELEASE, "stack/w.2023.16", ago(9 * HOUR), NOW, 8 * HOUR, True)
            for place in (IDF, BASE)
        ),
        windows={each.id: opened for each in asked.enter if each.rule == "window"},
        places={"development": (IDF,), "production": (BASE, SUMMIT)},
        checks=tuple(CheckFact(name, sha(name), ("import",)) for name in CHECKS),
    )


def statement(name: str, kind: str, subjects: tuple[str, ...], signer: str) -> StatementFact:
    return StatementFact(
        sha(name), sha(name + " blob"), kind, subjects, signer, (signer,), True, None, ago(HOUR)
    )


def result(number: int) -> StatementFact:
    check = CHECKS[number % len(CHECKS)]
    return replace(
        statement(f"result {number}", "check", (RELEASE,), "runner"),
        check=check,
        check_digest=sha(check),
        result="PASSED",
        run=f"run-{number}",
        environment="base",
    )


def run(number: int) -> RunFact:
    check, evidence = CHECKS[number % len(CHECKS)], sha(f"result {number}")
    return RunFact(f"run-{number}", check, sha(check), "base", (RELEASE,), ago(2 * HOUR), ago(HOUR), evidence)


def milliseconds(action: Callable[[], object], number: int) -> float:
    """The best of seven rounds, per call."""
    return min(timeit.repeat(action, number=number, repeat=7)) / number * 1000


def decide(asked: Level, known: Facts) -> Decision:
    return evaluate(asked, known, NOW, facts_digest=sha("facts"))


def table() -> list[str]:
    """The lines to print."""
    asked = level(11)
    known = facts(400, asked)
    decision = decide(asked, known)
    plain = canonical.to_plain(decision)
    stored = canonical.encode(known)
    dumps = milliseconds(lambda: json.dumps(plain), 200)
    actions: list[tuple[str, Callable[[], object]]] = [
        ("json.dumps of the decision", lambda: json.dumps(plain)),
        ("canonical bytes of the decision", lambda: canonical.encode(decision)),
        ("evaluate, 40 statements", partial(decide, asked, facts(40, asked))),
        ("evaluate, 400 statements", lambda: decide(asked, known)),
        ("facts from their bytes, 400 statements", lambda: canonical.decode(stored, Facts)),
    ]
    lines = [
        f"Python {platform.python_version()}; a decision of {len(decision.findings)} findings "
        f"({decision.verdict.value}), {len(json.dumps(plain))} bytes",
        "",
        f"{'':42}{'ms':>9}  {'x json.dumps':>12}",
    ]
    for name, action in actions:
        spent = milliseconds(action, 20)
        lines.append(f"{name:42}{spent:9.3f}  {spent / dumps:12.1f}")
    return [*lines, "", *scaling()]


def scaling() -> list[str]:
    """How the cost grows with the requirements, over 400 statements."""
    lines = [f"{'requirements':>12}{'ms':>9}  {'us each':>8}  {'x the row above':>15}"]
    before = None
    for count in (10, 100, 1000):
        asked = level(count)
        spent = milliseconds(partial(decide, asked, facts(400, asked)), 3)
        ratio = f"{spent / before:15.1f}" if before else f"{'':15}"
        lines.append(f"{count:12}{spent:9.3f}  {spent / count * 1000:8.1f}  {ratio}")
        before = spent
    return lines


def main() -> None:
    text = "\n".join(table()) + "\n"
    print(text, end="")
    (Path(__file__).parent / "last.txt").write_text(text)


if __name__ == "__main__":
    main()
