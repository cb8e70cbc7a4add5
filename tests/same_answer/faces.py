"""Who decides: the engine in this process, and the program's commands in processes of their own.

Each of those has another time zone and another seed of hashes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.facts import Facts, Intent
from ldmrelease.domain.level import Level
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided, record
from ldmrelease.services.decisions.facts.builder import gather_facts
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, inquire
from ldmrelease.services.releases.pin import Pinned, stored_pin
from tests.same_answer.fleet import PRODUCT, Fleet

ROOT = Path(__file__).parents[2]
_TOGETHER = 200
"""So many decisions are recorded in one transaction."""


@dataclass(frozen=True)
class Answer:
    """What the engine says of a release at a place: the decision's bytes, and the facts and the level behind it."""

    decided: Decided
    level: Level

    @property
    def decision(self) -> Decision:
        return self.decided.decision

    @property
    def told(self) -> tuple[Any, ...]:
        """What everybody says in their own way: the verdict, and what stands in the way of it."""
        return str(self.decision.verdict), tuple(
            (each.requirement, str(each.outcome), each.code)
            for each in self.decision.findings
            if each.outcome != "satisfied"
        )


def pinned(context: Context, tag: str) -> Pinned:
    """A release as it is pinned."""
    product = context.topology.product(PRODUCT)
    assert product is not None
    found = stored_pin(context, product, tag)
    assert found is not None
    return found


def engine(context: Context, tag: str, applications: Sequence[Application]) -> Iterator[Answer]:
    """The facts of each place of a plan, and what the engine makes of them. What is decided is decided on what was
    stored: the facts as they come out of their bytes again."""
    about = inquire(context, pinned(context, tag))
    places = [each.place for each in applications]
    for index, application in enumerate(applications):
        level = context.levels[application.level]
        question = DecisionRequest(
            application.place,
            Intent.PROMOTE,
            context.requester,
            tuple(places[:index]),
            tuple(places[index + 1 :]),
        )
        gathered = gather_facts(about, question, level)
        facts = canonical.decode(gathered.document, Facts)
        decision = evaluate(level, facts, about.now, facts_digest=gathered.digest)
        yield Answer(Decided(decision, canonical.encode(decision), gathered), level)


def recorded(context: Context, answers: Iterable[Answer]) -> None:
    """Put decisions into a ledger, each with its facts and its policy, as promotions do."""
    left = iter(answers)
    while some := list(islice(left, _TOGETHER)):
        events, blobs = [], {}
        for each in some:
            own, documents = record(context.workspace, "P-0", each.decided, DecisionStage.ASK, None)
            events += own
            blobs |= documents
        assert context.append(events, blobs=blobs) is None


def replayed(fleet: Fleet) -> list[tuple[str, str]]:
    """Recorded decisions and what they are when they are made again, by digest."""
    done = _process(
        fleet, "tests.same_answer.replays", str(fleet.root / "ldmrelease.yaml"), zone="Asia/Kathmandu"
    )
    return [(words[0], words[1]) for line in done.splitlines() if (words := line.split())]


def commands(fleet: Fleet, lines: Iterable[Sequence[str]], zone: str) -> list[tuple[int, Any]]:
    """What the program answers to each command line, as JSON."""
    given = json.dumps([["-C", str(fleet.root), *words] for words in lines])
    done = _process(fleet, "tests.same_answer.commands", zone=zone, stdin=given)
    answers = [json.loads(line) for line in done.splitlines()]
    return [(each["exit_code"], json.loads(each["stdout"]) if each["stdout"] else None) for each in answers]


def gated(
    fleet: Fleet, bundle: Path, asked: Iterable[tuple[Path, str, str | None]], zone: str
) -> list[dict[str, Any]]:
    """What `gate sync --bundle` answers about each manifest, target and release (or none), as JSON."""
    lines = [(str(file), target, release) for file, target, release in asked]
    done = _process(
        fleet, "tests.same_answer.gates", zone=zone, stdin=json.dumps({**_by(fleet, bundle), "asked": lines})
    )
    return [json.loads(line) for line in done.splitlines()]


def refusals(
    fleet: Fleet,
    bundle: Path,
    exported: Mapping[str, Path],
    asked: Iterable[tuple[str, str, dict[str, Any]]],
    zone: str,
) -> list[str]:
    """Why the policies of an API server refuse each request, empty where they do not; by list and environment."""
    given = {
        **_by(fleet, bundle),
        "exported": {name: str(file) for name, file in exported.items()},
        "asked": list(asked),
    }
    done = _process(fleet, "tests.same_answer.admission", zone=zone, stdin=json.dumps(given))
    return [json.loads(line) for line in done.splitlines()]


def _by(fleet: Fleet, bundle: Path) -> dict[str, str]:
    """What a bundle is opened by."""
    return {"bundle": str(bundle), "trust": str(fleet.root / "trust.yaml"), "now": spell(fleet.now)}


def _process(fleet: Fleet, module: str, *arguments: str, zone: str, stdin: str = "") -> str:
    # What the user has seen of other ledgers is nothing to a fleet.
    own = {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(fleet.root.parent / "state")}
    environ = {**os.environ, **own, "TZ": zone, "PYTHONHASHSEED": str(len(zone))}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
