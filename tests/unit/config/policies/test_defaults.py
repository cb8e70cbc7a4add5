"""The four policies that come with the program say what LDM-564 says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.config.policies.load import load_levels, parse_level
from ldmrelease.config.workspace.init import default_policies
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.statement_facts import FindingSeverity
from ldmrelease.domain.topology import Place
from ldmrelease.policy.engine import asked_requirements
from ldmrelease.policy.rules import approval, documents, vulnerabilities

HERE = Path(__file__).parents[4]
SENTENCES = (HERE / "tests" / "data" / "ldm-564-2.txt").read_text()
LEVELS = load_levels(HERE / "policies")


def clauses(level: Level) -> list[Requirement]:
    added = [each for own in level.environments.values() for each in (*own.enter, *own.confirm)]
    return [*level.enter, *level.confirm, *added]


STRICT = {"components": "all", "admitted": True}
"""What `after` asks unless a policy says less."""


def soak(level: Level, environment: str, id: str) -> dict[str, object]:
    return next(each for each in level.at(environment).enter if each.id == id).parameters


def test_there_is_one_for_each_level_of_2_2_1():
    assert set(LEVELS) == {"jupyterlab", "development", "commissioning", "production"}
    assert set(default_policies()) == {f"{name}.yaml" for name in LEVELS}


@pytest.mark.parametrize("level", LEVELS.values(), ids=str)
def test_every_clause_quotes_a_sentence_of_the_document(level):
    for source in [level.source, *(each.source for each in clauses(level))]:
        quoted = re.fullmatch(r'LDM-564 2\.[12](?:\.1)?: "(.+)"', source)
        assert quoted is not None, source
        assert quoted[1] in SENTENCES


def test_jupyterlab_is_minimal_and_keeps_many_versions():
    level = LEVELS["jupyterlab"]
    comes_in = asked_requirements(level, Place("usdfdev", "nublado"), Intent.PROMOTE, Phase.ENTER)
    assert [each.rule for each in comes_in] == ["images", "not-stale"]
    assert "experimental" in level.accepts


def test_recommended_is_acknowledged_by_one_person_of_each_of_five():
    (moves,) = asked_requirements(
        LEVELS["jupyterlab"], Place("idfprod", "nublado"), Intent.ALIAS, Phase.ENTER
    )
    parameters = moves.read(approval.Parameters)
    assert parameters.aliases == ("recommended",)
    assert len(parameters.each) == 5
    assert all(role.startswith("stakeholder-") for role in parameters.each)
    assert set(parameters.each.values()) == {1}


def test_development_asks_for_one_smoke_test_and_nothing_else():
    level = LEVELS["development"]
    assert [each.rule for each in level.enter] == ["images", "not-stale"]
    assert [each.parameters["check"] for each in level.confirm] == ["smoke"]


def test_branches_and_moving_tags_are_tried_on_development_and_go_no_further():
    taken = {name for name, level in LEVELS.items() if {"branch", "moving"} & set(level.accepts)}
    assert taken == {"development"}


def test_every_level_refuses_what_a_merge_of_an_old_branch_takes_back():
    assert all("not-stale" in [each.rule for each in level.enter] for level in LEVELS.values())


def test_commissioning_takes_hours_and_goes_from_the_base_to_the_summit():
    level = LEVELS["commissioning"]
    assert level.availability == 8 * 3600
    assert "base" not in level.environments
    assert soak(level, "summit", "base-first") == {"environment": "base", "for_": 4 * 3600, **STRICT}
    assert "base-first" not in {each.id for each in level.enter}


def test_the_documented_order_is_an_example_that_is_read():
    """The comment is a policy: with the test stand before base."""
    text = (HERE / "policies" / "commissioning.yaml").read_text()
    begin, end = text.index("    # base:\n"), text.index("    # A site whose control")
    example = text[begin:end].replace("    # ", "    ")
    level = parse_level(f"{text[:begin]}{example}".encode(), "commissioning.yaml")
    assert soak(level, "base", "teststand-first") == {
        "environment": "tucson-teststand",
        "for_": 2 * 3600,
        **STRICT,
    }


def test_what_may_be_compressed_is_an_example_that_is_read():
    text = (HERE / "policies" / "commissioning.yaml").read_text()
    begin = text.index("  # compression:\n")
    example = text[begin:].replace("  # ", "  ")
    level = parse_level(f"{text[:begin]}{example}".encode(), "commissioning.yaml")
    assert list(level.compressions) == ["night"]
    assert level.emergency is not None


def test_production_asks_for_everything_that_commissioning_asks_and_more():
    production = LEVELS["production"]
    rules = {each.rule for each in clauses(production)}
    assert {each.rule for each in clauses(LEVELS["commissioning"])} < rules
    assert production.accepts == ("release",)
    assert production.enter[1].enforce_from is None
    assert soak(production, "usdfprod", "soaked") == {"level": "commissioning", "for_": 7 * 86400, **STRICT}
    assert "same-content-as" in {each.rule for each in production.at("usdfprod").enter}


def test_production_asks_for_a_scan_documents_and_two_of_the_board():
    asked = {each.rule: each for each in LEVELS["production"].enter}
    board = asked["approval"].read(approval.Parameters)
    assert (board.by, board.quorum, board.observed) == (("change-control-board",), 2, ("jira",))
    scans = asked["vulnerabilities"].read(vulnerabilities.Parameters)
    assert scans.limits[FindingSeverity.CRITICAL] == 0
    assert (scans.max_age, scans.database_max_age, scans.sbom) == (7 * 86400, 2 * 86400, "required")
    written = asked["documents"].read(documents.Parameters)
    assert written.kinds == ("release-notes", "known-issues", "characterisation-report")
    assert all(
        asked[rule].waivable_by == ("change-control-board",) for rule in ("vulnerabilities", "documents")
    )


def test_what_needs_people_or_documents_is_reported_of_the_years_before_2026():
    needing = ("approval", "documents", "vulnerabilities")
    found = [each for level in LEVELS.values() for each in clauses(level) if each.rule in needing]
    assert [each.id for each in found] == ["stakeholders", "scanned", "documented", "board"]
    assert {each.enforce_from for each in found} == {datetime(2026, 1, 1, tzinfo=UTC)}


def test_the_examples_of_production_are_read():
    """The comments are a policy: with a window that wants notice, and with what prompt processing works with."""
    text = (HERE / "policies" / "production.yaml").read_text()
    text = re.sub(r"# (- id: (?:change-window|schemas)\n)", r"\1", text)
    text = re.sub(
        r"#   (rule: (?:window|compatible)|weekday:|from:|until:|zone:|notice:|interfaces:|by:)",
        r"  \1",
        text,
    )
    level = parse_level(text.encode(), "production.yaml")
    prompt = {each.rule: each for each in level.at("usdfprod-prompt-processing").enter}
    assert prompt["window"].parameters["notice"] == 86400
    assert prompt["compatible"].parameters["interfaces"] == ["apdb", "butler", "alerts"]


def test_digests_and_builders_cannot_be_waived():
    unwaivable = [
        each for level in LEVELS.values() for each in clauses(level) if each.rule in ("images", "attested")
    ]
    assert unwaivable
    assert all(each.waivable_by == () for each in unwaivable)
