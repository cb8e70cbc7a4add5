"""JSON Schemas of answers: they do not change unnoticed, and every answer is one that a command prints."""

import json
from pathlib import Path

import pytest
from typer.core import TyperGroup

from ldmrelease.answers.schemas import ANSWERS, answer_schema, answer_type
from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.main import load
from tests.answers_fit import DOCUMENTS, VARIANTS
from tests.unit.faces.cli.running import run

GOLDEN = Path(__file__).parents[2] / "data" / "schemas"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_schema_is_as_it_was_published(name: str) -> None:
    """`ldmrelease schema NAME > tests/data/schemas/NAME.json` writes it anew, where the change is meant."""
    assert json.loads((GOLDEN / f"{name}.json").read_text()) == answer_schema(name)


def test_no_schema_is_left_of_an_answer_that_is_gone() -> None:
    assert {each.stem for each in GOLDEN.glob("*.json")} == set(ANSWERS)


def test_every_command_prints_an_answer_or_a_document() -> None:
    def paths(name: str, command: object) -> list[str]:
        if not isinstance(command, TyperGroup):
            return [name]
        return [path for sub, each in command.commands.items() for path in paths(f"{name} {sub}", each)]

    commands = {path for name in COMMANDS for path in paths(name, load(name))}
    answered = {each for entry in ANSWERS.values() for each in entry.commands}
    variants = {f"{command} {flag}" for command, flags in VARIANTS.items() for flag in flags}
    assert answered - variants == commands - DOCUMENTS
    assert variants <= answered


def test_one_word_has_one_spelling_in_all_answers() -> None:
    """Wherever a place, a release, a digest or a time is told, it is told alike."""
    spellings: dict[str, set[str]] = {}
    for name in ANSWERS:
        for kind in answer_schema(name).get("$defs", {}).values():
            for key, value in kind.get("properties", {}).items():
                choices = value.get("anyOf", [value])
                patterns = {each["pattern"] for each in choices if "pattern" in each}
                if key in ("place", "release", "digest", "release_digest", "time", "since", "requested"):
                    spellings.setdefault(key, set()).update(patterns or {"none"})
    assert {key: len(found) for key, found in spellings.items()} == dict.fromkeys(spellings, 1)
    assert "none" not in set().union(*spellings.values())


def test_the_command_lists_and_prints_them() -> None:
    listed = json.loads(run("schema", "-o", "json").stdout)
    assert [each["answer"] for each in listed] == list(ANSWERS)
    assert json.loads(run("schema", "where").stdout) == answer_schema("where")
    wrong = run("schema", "wher", "-o", "json")
    assert wrong.exit_code == 2
    assert "did you mean where?" in json.loads(wrong.stdout)["error"]["message"]


def test_every_finding_has_its_sentence() -> None:
    for name in ANSWERS:
        answer_type(name)
        for kind, each in answer_schema(name).get("$defs", {}).items():
            known = each.get("properties", {}).keys()
            if {"code", "values"} <= known:
                assert "sentence" in known, kind
