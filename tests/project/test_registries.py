"""A new one is a file and a line: what is added to a registry, and to nothing else, is known wherever it is asked for.

Kinds of check and grammars are tried by the workspace's schema (`tests/unit/config/workspace/test_schema.py`), ledgers
by whole commands (`tests/unit/faces/cli/test_ledger_addresses.py`). What other modules compute when they are imported
is tried in a process of its own, in which the line is there from the start.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import Struct
from msgspec.structs import fields

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.registry import EVENT_TYPES
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.tags import GRAMMARS, Kind, order_key, parse, sort, tag_pattern_match
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.services.decisions.facts.registry import SOURCES as FACT_SOURCES
from ldmrelease.targets import registry as targets

ROOT = Path(__file__).parents[2]

POLICY = """\
apiVersion: ldmrelease/v1alpha1
kind: Level
metadata: {name: outdoors, version: 1}
spec:
  accepts: [weekly]
  enter:
  - {id: dry, rule: weather, at-most: 2h, over: [summit]}
"""

RULE = """
from types import SimpleNamespace
from typing import Annotated
from msgspec import Meta, Struct
from ldmrelease.domain.decision import Outcome
from ldmrelease.policy.rules import registry

class Parameters(Struct, frozen=True):
    "No rain is forecast."
    over: Annotated[tuple[str, ...], Meta(description="Where.")]
    at_most: Annotated[int, Meta(description="How much of it.", extra={"unit": "s"})] = 0

def judge(requirement, parameters, context):
    return context.finding(requirement, Outcome.SATISFIED, "dry", {"over": [*parameters.over]})

registry.RULES["weather"] = registry._rule(SimpleNamespace(Parameters=Parameters, judge=judge), "windows")
"""

EVENT = """
from msgspec import Struct
from ldmrelease.domain.events import release
from ldmrelease.domain.events.kinds import ME, EventType

class Endorsement(Struct, frozen=True):
    product: str
    tag: str

ENDORSED = EventType("release.endorsed", Endorsement, ME, "endorsement", lambda body: f"endorsement/{body.tag}")
release.TYPES += (ENDORSED,)
"""

STATEMENT = """
from ldmrelease.domain.predicates import registry, sbom
from msgspec.structs import replace
added = replace(sbom.TYPE, name="review", uris=("https://example.com/review/v1",))
registry.STATEMENT_TYPES["review"] = added
registry._BY_URI["https://example.com/review/v1"] = added
"""


def told(line: str, script: str, folder: Path) -> Any:
    """What a program says, in a folder, that has one more line in a registry."""
    said = subprocess.run(
        [sys.executable, "-c", f"{line}\n{script}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout.splitlines()[-1])


def test_a_rule_is_written_in_policies_documented_and_judged(tmp_path: Path) -> None:
    script = f"""
import json
from ldmrelease.config.policies.load import level_schema, parse_level
from ldmrelease.render.policy_reference import policy_reference
from ldmrelease.policy.engine import fact_sources
from ldmrelease.domain.facts import Intent
from tests.unit.policy.policy_facts import decide

level = parse_level({POLICY!r}.encode(), "outdoors.yaml")
asked = level.enter[0]
found = next(each for each in decide(level).findings if each.requirement == "dry")
print(json.dumps([asked.parameters, found.outcome, found.code, found.values["over"],
    "windows" in fact_sources(level.enter, Intent.PROMOTE), policy_reference(level_schema())]))
"""
    *found, page = told(RULE, script, tmp_path)
    assert found == [{"over": ["summit"], "at_most": 7200}, "satisfied", "dry", ["summit"], True]
    section = page.partition("### `weather`")[2]
    assert section.split("\n")[2] == "No rain is forecast."
    assert "| `at-most` | like `90s`, `8h`, `7d` | `0` | How much of it. |" in section


def test_a_rules_parameters_are_checked_in_policies(tmp_path: Path) -> None:
    script = f"""
import json
from ldmrelease.config.policies.load import parse_level
from ldmrelease.config.yaml.problems import BadInput
try:
    parse_level({POLICY.replace("at-most: 2h", "at-most: some").replace("over:", "ovr:")!r}.encode(), "outdoors.yaml")
except BadInput as error:
    print(json.dumps([(each.line, each.field, each.message) for each in error.problems]))
"""
    assert told(RULE, script, tmp_path) == [
        [7, "spec.enter[0].at-most", 'found "some"'],
        [7, "spec.enter[0].ovr", "unknown key"],
    ]


def test_a_kind_of_event_is_signed_by_its_key_and_verified(tmp_path: Path) -> None:
    script = """
import json
from datetime import datetime, UTC
from pathlib import Path
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events.registry import new_event
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import open_context
from ldmrelease.services.record_check import verify_ledger
from tests.unit.faces.cli.running import run

at = datetime.now(UTC).replace(microsecond=0)
file = init_workspace(Path("site"), None, at).file
workspace = load_workspace(file)
create_ledger(workspace.ledger, at=at, actor="me", projectors=PROJECTORS).close()
context = open_context(workspace)
context.append([new_event(Endorsement("stack", "w.2023.16"))])
(event,) = context.ledger.events(kinds=["release.endorsed"])
problems = list(verify_ledger(context.ledger, context.keyring, None, str, clock=False))
(role,) = [each for each in context.keyring.roles if each.name == "release-manager"]
lint = run("workspace", "lint", folder=Path("site")).output
print(json.dumps([event.stream, context.records.verify(event).body.tag, problems, role.types, "endorsement" in lint]))
"""
    assert told(EVENT, script, tmp_path) == [
        "endorsement/w.2023.16",
        "w.2023.16",
        [],
        ["approval", "endorsement", "hold", "lift", "pin", "request", "review", "waiver"],
        False,
    ]


def test_a_kind_of_event_that_code_asks_for_is_registered() -> None:
    """But the first of a ledger, which nobody signs."""
    assert set(EventKind) - {EventKind.CREATED} <= {each.kind for each in EVENT_TYPES}


def test_a_type_of_statement_may_be_asked_for_and_be_in_a_role(tmp_path: Path) -> None:
    policy = POLICY.replace("rule: weather, at-most: 2h, over: [summit]", "rule: attested, type: review")
    script = f"""
import json
from datetime import datetime, UTC
from pathlib import Path
from ldmrelease.config.policies.load import parse_level
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.domain.predicates.registry import short_type
from tests.unit.faces.cli.running import run

level = parse_level({policy!r}.encode(), "outdoors.yaml")
init_workspace(Path("site"), None, datetime(2023, 4, 1, tzinfo=UTC))
trust = Path("site/trust.yaml")
written = trust.read_text().replace("sbom", "sbom, review, revue", 1)
assert "revue" in written
trust.write_text(written)
lint = run("workspace", "lint", folder=Path("site")).output
known = short_type("https://example.com/review/v1")
print(json.dumps([level.enter[0].parameters["type"], known, "revue" in lint, "review'" in lint]))
"""
    assert told(STATEMENT, script, tmp_path) == ["review", "review", True, False]


def test_a_grammar_reads_orders_and_spells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRAMMARS, "calver", GRAMMARS["semver"])
    older, newer = parse("1.9.0", "calver"), parse("1.10.0", "calver")
    assert (older.kind, older.name) == (Kind.release, "1.9.0")
    assert sort([newer, older])[0] == (older, newer)
    assert order_key(older) is not None
    assert tag_pattern_match("v{image}", "v1.10.0", "calver") == newer


class NoteLocation(Struct, frozen=True):
    """Where a target of a new kind is."""

    name: str = "note"


class NoteTarget(Struct, frozen=True):
    """A target of a new kind."""

    location: NoteLocation = NoteLocation()


def test_a_target_is_an_editor_and_a_store_by_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    class Editor:
        paths: ClassVar = staticmethod(lambda _target: ("text",))
        optional: ClassVar = staticmethod(lambda _target: ())
        beside: ClassVar = staticmethod(lambda _target: ())
        shared: ClassVar = staticmethod(lambda _target: ())
        aliases: ClassVar = staticmethod(lambda _target: {})

    class Store:
        read: ClassVar = staticmethod(lambda location, paths, *_: (location.name, paths))
        name_of: ClassVar = staticmethod(lambda location: location.name)

    monkeypatch.setitem(targets.EDITORS, NoteTarget, "note")  # type: ignore[arg-type]
    monkeypatch.setitem(targets.STORES, NoteLocation, "note")  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "ldmrelease.targets.editors.note", Editor)
    monkeypatch.setitem(sys.modules, "ldmrelease.targets.stores.note", Store)
    assert targets.read(NoteTarget(), None) == ("note", ("text",))  # type: ignore[arg-type]
    assert targets.where(NoteTarget()) == "note"  # type: ignore[arg-type]
    assert targets.aliases(NoteTarget()) == {}  # type: ignore[arg-type]


def test_every_fact_that_a_rule_needs_has_a_source_and_every_source_its_field() -> None:
    known = {each.name for each in fields(Facts)} | {"images"}
    assert set(FACT_SOURCES) <= known
    for name, rule in RULES.items():
        assert rule.needs <= set(FACT_SOURCES), name
