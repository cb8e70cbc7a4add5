"""No code without words: every code that a rule, a target, a pin or a step can answer has its sentence."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import ldmrelease
from ldmrelease.answers.sentences import (
    check_runs,
    findings,
    pinning,
    rejected,
    requirements,
    target_refusals,
)
from ldmrelease.checks.outcome import Unread
from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.render import progress

SOURCE = Path(ldmrelease.__file__).parent
PROBLEMS_OF_IMAGES = {
    "absent",
    "child-absent",
    "nested-index",
    "duplicate-platform",
    "no-platform",
    "not-an-image",
}
SHARED = {
    "policy/place_names.py": ("check",),
    "policy/subjects.py": ("check", "attested"),
    "policy/runs.py": ("check",),
}


def tree(name: str) -> ast.Module:
    return ast.parse((SOURCE / name).read_text())


def texts(node: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may be: itself, or either branch of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def after_outcome(nodes: list[ast.expr]) -> Iterator[str]:
    """What stands behind an `Outcome.X` among arguments or in a tuple."""
    for one, other in pairwise(nodes):
        if _owners(one) == {"Outcome"}:
            yield from texts(other)


def _owners(node: ast.expr) -> set[str]:
    """The names whose attributes an expression asks for."""
    found = (each.value for each in ast.walk(node) if isinstance(each, ast.Attribute))
    return {each.id for each in found if isinstance(each, ast.Name)}


def codes(name: str) -> set[str]:
    """Every code that a file of the policy room can emit."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        match node:
            case ast.Call(func=ast.Name(id="Unknown" | "NoSubject"), args=[first, *_]):
                found.update(texts(first))
            case ast.Call(func=ast.Name(id="_passed"), args=[_, second, *_]):
                found.update(texts(second))
            case ast.Call(args=arguments):
                found.update(after_outcome(arguments))
            case ast.Tuple(elts=elements):
                found.update(after_outcome(elements))
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id="code"), *_])], value=ast.Tuple(elts=[first, *_])
            ):
                found.update(texts(first))
            case ast.Return(value=ast.Tuple(elts=[first, *_])):
                found.update(texts(first))
            case ast.Return(value=ast.IfExp(orelse=ast.Tuple(elts=[first, *_]))):
                found.update(texts(first))
    return found


def rule_codes() -> set[tuple[str, str]]:
    found: set[Any] = set()
    for rule in RULES:
        name = f"policy/rules/{rule.replace('-', '_')}.py"
        found |= {(rule, code) for code in codes(name)}
    for name, rules in SHARED.items():
        found |= {(rule, code) for rule in rules for code in codes(name)}
    found |= {("images", code) for code in PROBLEMS_OF_IMAGES}
    return found | {("*", code) for code in codes("policy/rules/registry.py") | codes("policy/engine.py")}


def builtin_codes() -> set[tuple[str, str]]:
    found: set[Any] = set()
    for node in ast.walk(tree("policy/builtin.py")):
        match node:
            case ast.Call(func=ast.Name(id="_finding"), args=[ast.Constant(value=str(name)), _, code, *_]):
                found |= {(name, each) for each in texts(code)}
    return found


@pytest.mark.parametrize(("rule", "code"), sorted(rule_codes() | builtin_codes()))
def test_every_code_of_a_finding_has_a_sentence(rule: str, code: str) -> None:
    assert (rule, code) in findings.WORDS or (findings.ANY_RULE, code) in findings.WORDS


def test_the_collection_finds_what_is_known_to_be_there() -> None:
    known = {
        *{("after", code) for code in ("soaking", "unknown-level", "unknown-application", "earlier-in-plan")},
        *{("check", code) for code in ("too-old", "no-run", "unknown-environment", "passed", "future")},
        *{("attested", code) for code in ("no-content", "not-counted", "too-few")},
        *{("images", "tag-moved"), ("*", "unknown-rule"), ("complete", "open"), ("window", "no-interval")},
    }
    assert known <= rule_codes() | builtin_codes()
    assert len(rule_codes()) >= 70


@pytest.mark.parametrize("key", sorted(findings.WORDS))
def test_a_sentence_never_fails_for_values_that_are_not_there(key: tuple[str, str]) -> None:
    """A decision that an older program recorded may lack values."""
    finding = Finding("id", key[0], Phase.ENTER, Outcome.FAILED, key[1])
    said = findings.sentence(finding)
    assert said
    assert not said.endswith(".")


def test_a_code_of_a_newer_program_is_shown_as_it_is() -> None:
    finding = Finding("id", "images", Phase.ENTER, Outcome.FAILED, "turned-blue", {"image": "lab"})
    assert findings.sentence(finding) == "turned-blue: image lab"


def refused_codes() -> set[str]:
    found: set[Any] = set()
    for path in (SOURCE / "targets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="RefusedError" | "Refusal"), args=[first, *_]):
                    found.update(texts(first))
                case ast.Call(func=ast.Name(id="_refusal"), args=[_, _, _, code, *_]):
                    found.update(texts(code))
    return found


@pytest.mark.parametrize("code", sorted(refused_codes()))
def test_every_refusal_of_a_target_has_words(code: str) -> None:
    assert code in target_refusals.TARGET_WORDS
    assert target_refusals.target_words(code, {})


def step_codes() -> set[str]:
    found: set[Any] = set()
    for path in (SOURCE / "services" / "promotions" / "steps").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="StepFailed"), args=[first, *_]):
                    found.update(texts(first))
    return found


@pytest.mark.parametrize("code", sorted(step_codes()))
def test_every_failure_of_a_step_has_words(code: str) -> None:
    assert code in target_refusals.STEP_WORDS


def pin_codes() -> set[str]:
    found: set[Any] = set()
    sources = [f"sources/{each.name}" for each in (SOURCE / "sources").glob("*.py")]
    for name in ("services/releases/pin.py", *sources):
        for node in ast.walk(tree(name)):
            match node:
                case ast.Call(func=ast.Name(id="Unpinnable" | "UnusableComponent"), args=[first, *_]):
                    found.update(texts(first))
    return found


def test_every_reason_why_a_tag_cannot_be_pinned_has_words() -> None:
    assert pin_codes() == set(pinning.PIN_WORDS)


def uncounted_codes() -> set[str]:
    names = {"Rejected", "_Refused", "Malformed", "Unreadable", "Contradiction", "_untimely"}
    found: set[Any] = set()
    paths = [
        *(SOURCE / "trust").glob("*.py"),
        SOURCE / "domain" / "statements.py",
        *(SOURCE / "domain" / "predicates").glob("*.py"),
    ]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in names:
                    found.update(texts(first))
    return found


@pytest.mark.parametrize("code", sorted(uncounted_codes()))
def test_every_reason_why_evidence_does_not_count_has_words(code: str) -> None:
    assert code in rejected.REASONS


def test_every_reason_why_a_result_was_not_read_has_words() -> None:
    assert {*check_runs.WORDS} == {*Unread}
    assert check_runs.problem_words("result-absent").startswith("result-absent: the result that")
    assert check_runs.problem_words("gone") == "gone"


def test_a_promotion_tells_why_a_check_said_nothing() -> None:
    told = {"step": "base/ocps/check/smoke", "place": "base/ocps", "result": "ERRORED", "run": "run-1"}
    said = progress.progress_line(
        "step.done", told | {"problem": "result-absent", "output": "noise\n{pointer}\n"}
    )
    assert said == (
        f"base/ocps: check smoke: ERRORED (run run-1): result-absent: {check_runs.WORDS['result-absent']}: {{pointer}}"
    )


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_says_what_it_asks_for(rule: str) -> None:
    assert rule in requirements._RULES
