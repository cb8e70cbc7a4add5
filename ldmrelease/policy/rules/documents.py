"""`documents`: what has to be written about a release is in the workspace, and signed as it is there.

That there is no file, that nobody has signed it and that it was changed afterwards are three different things.
"""

from typing import Any, Literal

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.workspace_facts import DocumentFile
from ldmrelease.policy.counted import CountedStatements, JudgedPart, counted_statements, worst
from ldmrelease.policy.rule_context import RuleContext, command
from ldmrelease.policy.subjects import PolicySubject


class Parameters(Struct, frozen=True):
    """The `kinds` of documents, such as `release-notes`; signers' roles `by` (empty: any); `about` what they have to
    be: the release, or its content, which a rebuild keeps.
    """

    kinds: tuple[str, ...]
    about: Literal["release", "content"] = "release"
    by: tuple[str, ...] = ()


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Every document is there, signed, and unchanged; the worst one speaks for all."""
    values: dict[str, Any] = {"kinds": list(parameters.kinds)}
    if not parameters.kinds:
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    release = context.facts.release
    digest = release.digest if parameters.about == "release" else release.content
    if digest is None:
        return context.finding(requirement, Outcome.MISSING, "no-content", values)
    signed = counted_statements("document", (PolicySubject(digest),), parameters.by, context)
    files = {each.kind: each for each in context.facts.documents}
    parts = {each: _part(each, files.get(each), signed, context) for each in sorted(set(parameters.kinds))}
    speaking = worst(parts.values())
    unmet = [
        {"kind": kind, "code": part.code, **part.values}
        for kind, part in parts.items()
        if part.outcome is not Outcome.SATISFIED
    ]
    if unmet:
        values["lacking"] = unmet
    return context.finding(
        requirement,
        speaking.outcome,
        speaking.code,
        values | speaking.values,
        evidence=tuple(sorted({each for part in parts.values() for each in part.evidence})),
        who=parameters.by if unmet else (),
        next=_next(unmet[0], context) if unmet else (),
    )


def _part(
    kind: str, file: DocumentFile | None, signed: CountedStatements, context: RuleContext
) -> JudgedPart:
    about = [each for each in signed.found if each.document is not None and each.document.kind == kind]
    told: dict[str, Any] = {} if file is None else {"path": file.path}
    if file is None or (file.digest is None and file.problem is None):
        return JudgedPart(Outcome.MISSING, "file-gone" if about else "no-file", told)
    if file.digest is None:
        return JudgedPart(Outcome.ERRORED, "unreadable-file", told | {"problem": file.problem})
    if not about:
        return _unsigned(kind, signed, told, context)
    # Whoever signs a later one replaces the earlier.
    newest = [each for each in about if each.received == about[-1].received]
    if any(each.document is not None and each.document.digest == file.digest for each in newest):
        return JudgedPart(Outcome.SATISFIED, "signed", {}, (about[-1].evidence,))
    digest = about[-1].document.digest if about[-1].document is not None else ""
    return JudgedPart(
        Outcome.FAILED, "changed", told | {"signed": digest, "now": file.digest}, (about[-1].evidence,)
    )


def _unsigned(kind: str, signed: CountedStatements, told: dict[str, Any], context: RuleContext) -> JudgedPart:
    """Nobody signed it, or nobody whose signature counts for it."""
    statements = (each for group in context.index.statements.get("document", {}).values() for each in group)
    others = [each for each in statements if _is_of(each, kind)]
    if not others:
        return JudgedPart(Outcome.MISSING, "unsigned", told)
    outcome = Outcome.ERRORED if any(each.code == "future" for each in others) else Outcome.MISSING
    code = "future" if outcome is Outcome.ERRORED else "not-counted"
    return JudgedPart(outcome, code, told | {"seen": signed.seen})


def _is_of(statement: StatementFact, kind: str) -> bool:
    return statement.document is not None and statement.document.kind == kind


def _next(unmet: dict[str, Any], context: RuleContext) -> tuple[str, ...]:
    if unmet["code"] not in ("unsigned", "not-counted", "changed"):
        return ()
    return command(
        "evidence", "document", unmet["path"], "--kind", unmet["kind"], "--release", context.facts.release.tag
    )
