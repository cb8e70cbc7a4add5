"""What a decision costs, beside writing the same decision down with json.dumps; and how it grows.

    python benchmarks/decision/run.py

Prints a small table and keeps it in `last.txt` beside this file. It asserts nothing: the unit tests count
look-ups, a clock belongs here. The actions take turns, and each number is the best of many rounds, on whatever
machine this is; `timeit` keeps the garbage collector out.

"Facts just read" are evaluated for the first time, so their index is made in that time; "again" are evaluated
as a replay or a second phase would. "Unasked" statements are of a type, about an image or of a check that no
requirement names; half of them are results of registered runs. "One glance at each" is a loop that does
nothing but read the type of every statement, which any first evaluation has to do at least.
"""

import json
import os
import platform
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.facts import (
    CheckFact,
    Facts,
    ImageFact,
    ImageResidence,
    Intent,
    Interval,
    ReleaseFact,
    RunFact,
    StatementFact,
)
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.policy.engine import evaluate

NOW = datetime(2023, 4, 21, 18, tzinfo=UTC)
HOUR = 3600
SUMMIT, BASE, IDF = (Place(name, "nublado") for name in ("summit", "base", "idfdev"))
PROMPT = Place("summit", "prompt-processing")
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

# Twelve requirements and the three built-in findings, as many as a rigorous level has.
REQUIREMENTS = (
    Requirement("images", "images", {"platforms": ["linux/amd64"]}),
    Requirement("built-by-ci", "attested", {"type": "provenance", "about": "image", "by": ["ci"]}),
    Requirement("packages-listed", "attested", {"type": "sbom", "about": "image", "max_age": 90 * 24 * HOUR}),
    *(Requirement(name, "check", {"check": name, "max_age": 24 * HOUR, "by": ["runner"]}) for name in CHECKS),
    Requirement("ran-on-development", "after", {"level": "development", "for_": 2 * HOUR}),
    Requirement("base-first", "after", {"environment": "base", "for_": 4 * HOUR}),
    Requirement("no-return", "not-returned"),
    Requirement("wednesday", "window", {"start": "13:00", "end": "17:00", "zone": "America/Santiago"}),
    Requirement("with-prompt", "together", {"applications": ["nublado", "prompt-processing"]}),
)


def level(count: int) -> Level:
    """A level with so many requirements, the twelve over and over."""
    rounds = (REQUIREMENTS[n % len(REQUIREMENTS)] for n in range(count))
    named = tuple(replace(each, id=f"{each.id}-{n}") for n, each in enumerate(rounds))
    return Level("production", 1, sha("policy"), ("weekly",), named)


def facts(statements: int, asked: Level, unasked: int = 0) -> Facts:
    """Facts that satisfy all of it, in the order in which they are gathered: packages, provenance and runs of
    four checks, and so many statements that nothing asks for.
    """
    about = [
        statement(f"{kind} {image.component}", kind, (image.platforms[0].manifest, image.digest), "ci")
        for image in IMAGES
        for kind in ("provenance", "sbom")
    ]
    numbers = range(statements - len(about))
    results = [result(n, CHECKS[n % len(CHECKS)]) for n in numbers]
    others, other_runs = unasked_for(unasked)
    runs = [run(n, CHECKS[n % len(CHECKS)]) for n in numbers]
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
        statements=tuple(
            sorted((*about, *results, *others), key=lambda each: (each.received, each.evidence, each.blob))
        ),
        runs=(*runs, *other_runs),
        residences=tuple(
            ImageResidence(
                place,
                "x",
                each.component,
                each.digest,
                ago(9 * HOUR),
                NOW,
                8 * HOUR,
                8 * HOUR,
                current=True,
            )
            for place in (IDF, BASE, PROMPT)
            for each in IMAGES
        ),
        windows={each.id: opened for each in asked.enter if each.rule == "window"},
        place_components={
            str(place): tuple(each.component for each in IMAGES) for place in (IDF, BASE, PROMPT, SUMMIT)
        },
        places={"development": (IDF,), "production": (BASE, SUMMIT, PROMPT)},
        checks=tuple(CheckFact(name, sha(name), ("import",)) for name in CHECKS),
    )


def unasked_for(count: int) -> tuple[list[StatementFact], list[RunFact]]:
    """So many statements that no requirement names, and the runs that the results among them are of."""
    numbers = range(10_000, 10_000 + count // 2)
    results = [result(n, "nightly") for n in numbers]
    others = [
        statement(f"other {n}", ("vulnerabilities", "provenance")[n % 2], (sha(f"image {n}"),), "ci")
        for n in range(count - len(results))
    ]
    return others + results, [run(n, "nightly") for n in numbers]


def statement(name: str, kind: str, subjects: tuple[str, ...], signer: str) -> StatementFact:
    return StatementFact(
        sha(name), sha(name + " blob"), kind, subjects, signer, (signer,), True, None, ago(HOUR)
    )


def result(number: int, check: str) -> StatementFact:
    return replace(
        statement(f"result {number}", "check", (RELEASE,), "runner"),
        received=ago(6 * HOUR) + timedelta(seconds=number + 600),
        check=check,
        check_digest=sha(check),
        result="PASSED",
        run=f"run-{number}",
        environment="base",
    )


def run(number: int, check: str) -> RunFact:
    registered = ago(6 * HOUR) + timedelta(seconds=number)
    return RunFact(
        f"run-{number}",
        check,
        sha(check),
        "base",
        (RELEASE,),
        registered,
        registered + timedelta(hours=1),
        sha(f"result {number}"),
        order=number,
    )


def in_turns(actions: list[Callable[[], object]], rounds: int, number: int = 4) -> list[float]:
    """Milliseconds per call of each: the best of so many rounds, in each of which every action has its turn."""
    timers = [timeit.Timer(each) for each in actions]
    spent = [[each.timeit(number) for each in timers] for _ in range(rounds)]
    return [min(column) / number * 1000 for column in zip(*spent, strict=True)]


def decide(asked: Level, known: Facts) -> Decision:
    return evaluate(asked, known, NOW, facts_digest=sha("facts"))


def decide_first(asked: Level, known: Facts) -> Decision:
    """Decide on a copy of the facts that nobody has evaluated yet."""
    return decide(asked, replace(known))


def glance(known: Facts) -> None:
    for each in known.statements:
        each.type  # noqa: B018 - it is what a look at the type costs


def table() -> list[str]:
    """The lines to print."""
    asked = level(len(REQUIREMENTS))
    few, known, more = facts(40, asked), facts(400, asked), facts(400, asked, unasked=4000)
    decision = decide(asked, known)
    assert decide(asked, more) == decision
    plain = canonical.to_plain(decision)
    actions: dict[str, Callable[[], object]] = {
        "json.dumps of the decision": lambda: json.dumps(plain),
        "canonical bytes of the decision": lambda: canonical.encode(decision),
        "evaluate, 40 statements, facts just read": partial(decide_first, asked, few),
        "evaluate, 40 statements, again": partial(decide, asked, few),
        "evaluate, 400 statements, facts just read": partial(decide_first, asked, known),
        "evaluate, 400 statements, again": partial(decide, asked, known),
        "  and 4,000 unasked, facts just read": partial(decide_first, asked, more),
        "  and 4,000 unasked, again": partial(decide, asked, more),
        "one glance at each of 4,400 statements": partial(glance, more),
    }
    spent = dict(zip(actions, in_turns(list(actions.values()), 100), strict=True))
    for name, each in (("400 statements", known), ("4,400 statements", more)):
        stored = canonical.encode(each)
        (spent[f"facts from their bytes, {name}"],) = in_turns(
            [partial(canonical.decode, stored, Facts)], 5, 1
        )
    lines = [
        f"Python {platform.python_version()}; {len(asked.enter)} requirements, a decision of "
        f"{len(decision.findings)} findings ({decision.verdict.value}), {len(json.dumps(plain))} bytes; "
        f"load {os.getloadavg()[0]:.1f}",
        "",
        f"{'':44}{'ms':>9}  {'x json.dumps':>12}",
    ]
    dumps = spent["json.dumps of the decision"]
    lines += [f"{name:44}{each:9.3f}  {each / dumps:12.1f}" for name, each in spent.items()]
    return [*lines, "", *scaling()]


def scaling() -> list[str]:
    """How the cost grows with the requirements, over 400 statements, facts just read."""
    lines = [f"{'requirements':>12}{'ms':>9}  {'us each':>8}  {'x the row above':>15}"]
    before = None
    for count in (10, 100, 1000):
        asked = level(count)
        (spent,) = in_turns([partial(decide_first, asked, facts(400, asked))], 25, 3)
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
