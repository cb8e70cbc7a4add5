"""A file's name says what it holds: none stands for two things in two packages, so that it can be guessed."""

from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "ldmrelease"

PORTS = {"__init__", "interface", "registry", "errors"}
"""What each port has, by convention."""

VIEWS = {
    "answers",
    "answers/sentences",
    "checks/kinds",
    "config",
    "config/workspace",
    "domain/events",
    "faces/cli",
    "policy",
    "policy/rules",
    "projections",
    "render",
    "render/pages",
    "services/adoption",
    "services/decisions/facts",
    "services/promotions/steps",
    "trees/layouts",
}
"""Packages whose files are named after the noun that they show, read, tell of or ask for; the thing is elsewhere."""

ONE_THING = {
    "checkpoints": "what a ledger can show of them, how they are signed, and who keeps them",
    "fence": "what a place keeps, and where it keeps that",
    "fences": "how they are signed, and which of them count",
    "memory": "the implementation of an interface in memory: of a ledger, and of a store",
    "load": "where what is stored is read: policies, and a promotion",
    "pods": "of a workload, and of a place",
    "schema": "the shape of a file",
    "verify": "of an envelope, of a log and of its file",
}

TO_BE_RENAMED = {"documents", "facts", "nodes"}
"""Names of `config/workspace/patterns` that stand for something else elsewhere."""


def test_no_file_name_stands_for_two_things() -> None:
    rooms: dict[str, list[str]] = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        room = str(path.parent.relative_to(PACKAGE))
        if path.stem not in PORTS and room not in VIEWS:
            rooms[path.stem].append(room)
    found = {
        name: sorted(each)
        for name, each in rooms.items()
        if len(each) > 1 and name not in {*ONE_THING, *TO_BE_RENAMED}
    }
    assert found == {}
    assert {name for name in ONE_THING if len(rooms[name]) < 2} == set(), "each exception is one"
