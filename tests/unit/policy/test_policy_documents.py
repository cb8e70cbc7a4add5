"""`documents`: there, signed, unchanged; what of that is not so is told apart."""

from typing import Any

import pytest

from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.statement_facts import DocumentFact
from ldmrelease.domain.workspace_facts import DocumentFile
from tests.unit.policy.policy_facts import CONTENT, HOUR, RELEASE, ago, facts, judge, sha, statement

NOTES, ISSUES = "release-notes", "known-issues"


def file(text: str | None, kind: str = NOTES, problem: str | None = None) -> DocumentFile:
    return DocumentFile(kind, f"documents/w.2023.16/{kind}.md", None if text is None else sha(text), problem)


def signed(text: str, kind: str = NOTES, **changes: Any) -> StatementFact:
    given: dict[str, Any] = {"type": "document", "subjects": (RELEASE,), "roles": ("release-manager",)}
    return statement(f"{kind} {text}", **given | changes, document=DocumentFact(kind, sha(text)))


def asked(*known: DocumentFile | StatementFact, **parameters: Any) -> Finding:
    statements = tuple(each for each in known if isinstance(each, StatementFact))
    files = tuple(each for each in known if isinstance(each, DocumentFile))
    given = {"kinds": [NOTES], "by": ["release-manager"], **parameters}
    return judge("documents", facts(statements=statements, documents=files), **given)


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_what_is_there_as_it_was_signed_is_satisfied() -> None:
    assert both(asked(file("one"), signed("one"))) == ("satisfied", "signed")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((), ("missing", "no-file")),
        ((file(None),), ("missing", "no-file")),
        ((file(None), signed("one")), ("missing", "file-gone")),
        ((file("one"),), ("missing", "unsigned")),
        ((file("one"), signed("one", kind=ISSUES)), ("missing", "unsigned")),
        ((file("one"), signed("one", roles=("ci",))), ("missing", "not-counted")),
        ((file("one"), signed("one", counted=False, code="future")), ("errored", "future")),
        ((file("two"), signed("one")), ("failed", "changed")),
        ((file(None, problem="outside"), signed("one")), ("errored", "unreadable-file")),
    ],
    ids=["nothing", "no-file", "gone", "unsigned", "other", "wrong-role", "future", "changed", "unreadable"],
)
def test_missing_unsigned_and_changed_are_told_apart(
    known: tuple[DocumentFile | StatementFact, ...], expected: tuple[str, str]
) -> None:
    finding = asked(*known)
    assert both(finding) == expected
    assert NOTES in sentence(finding)


def test_a_document_changed_after_it_was_signed_names_both_digests_and_the_command() -> None:
    finding = asked(file("two"), signed("one"))
    assert finding.values["lacking"][0]["signed"] == sha("one")
    assert finding.next == (
        "ldmrelease", "evidence", "document", "documents/w.2023.16/release-notes.md",
        "--kind", NOTES, "--release", "w.2023.16",
    )  # fmt: skip


def test_who_signs_a_later_one_replaces_the_earlier() -> None:
    early = signed("one", received=ago(9 * HOUR))
    assert both(asked(file("two"), early, signed("two"))) == ("satisfied", "signed")
    assert both(asked(file("one"), early, signed("two"))) == ("failed", "changed")


def test_a_later_signature_by_somebody_else_replaces_nothing() -> None:
    early = signed("one", received=ago(9 * HOUR))
    assert both(asked(file("one"), early, signed("two", roles=("ci",)))) == ("satisfied", "signed")


def test_each_kind_is_asked_for() -> None:
    finding = asked(file("one"), signed("one"), file("two", ISSUES), kinds=[NOTES, ISSUES])
    assert both(finding) == ("missing", "unsigned")
    assert [each["kind"] for each in finding.values["lacking"]] == [ISSUES]


def test_it_may_be_signed_about_the_content() -> None:
    about = signed("one", subjects=(CONTENT,))
    assert both(asked(file("one"), about, about="content")) == ("satisfied", "signed")
    assert both(asked(file("one"), about)) == ("missing", "not-counted")


def test_no_kind_is_errored() -> None:
    assert both(asked(kinds=[])) == ("errored", "bad-parameters")
