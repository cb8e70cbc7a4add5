"""Every JSON that a command prints in a test fits its answer: the type that its schema is made from, key by key."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from ldmrelease.answers.schemas import ANSWERS, answer_type
from ldmrelease.faces.cli.options import asked_output
from ldmrelease.render.output import Output

DOCUMENTS = {"site components", "milestones export", "milestones gantt", "campaign export",
    "workspace schema", "workspace show", "ledger checkpoint", "policy schema", "resolve", "evidence sign",
    "completion",
}  # fmt: skip
"""What these print is a document of its own, and no answer."""
VARIANTS = {
    "adopt": ("--baseline",),
    "promote": ("--through",),
    "resume": ("--all",),
    "where": ("--live", "--desired --at", "--desired", "--dayobs", "--having"),
    "history": ("--dayobs",),
}

_NAMES = {command: name for name, entry in ANSWERS.items() for command in entry.commands}


def answer_name(words: Sequence[str]) -> str | None:
    """The answer that a command line prints; None for a document, and where it names no command."""
    given = [*words]
    if given[:1] == ["-C"]:
        given = given[2:]
    for command in (" ".join(given[:3]), " ".join(given[:2]), " ".join(given[:1])):
        if command in _NAMES:
            variant = next(
                (each for each in VARIANTS.get(command, ()) if set(each.split()) <= set(given)), None
            )
            return _NAMES[f"{command} {variant}" if variant else command]
    return None


def check_fit(words: Sequence[str], stdout: str) -> None:
    """Fail where what was printed is not what the schema of its answer says."""
    name = answer_name(words)
    if asked_output(words) is not Output.json or name is None or "--dsse" in words or not stdout:
        return
    if name == "answers" and not isinstance(json.loads(stdout), list):
        return
    told = json.loads(stdout)
    if isinstance(told, dict) and told.keys() == {"error"}:
        name = "error"
    check_type(told, answer_type(name))


def check_type(told: Any, kind: Any) -> None:
    """Fail where a plain value is not of a type, or has more keys than it."""
    assert json.loads(json.dumps(msgspec.to_builtins(msgspec.convert(told, kind)))) == told
