"""`attested`: somebody with the right role signed a statement of a type about it."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Any, Literal

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import BuildFact, BuildSource, StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.runs import not_counted
from ldmrelease.policy.subjects import About, NoSubject, PolicySubject, subjects


class Parameters(Struct, frozen=True):
    """A `type` by short name or URI; signers' roles `by` (empty: any); `max_age` in seconds since the intake;
    `minimum`: how many different statements are required about each subject.

    Of provenance: patterns of which one must fit the `builder`, the `build_type` and a `repository` that it was built
    from (none: any); `commit`: that a commit is `named`, or that none contradicts those `pinned` in the release.
    """

    type: str
    about: About = "image"
    by: tuple[str, ...] = ()
    max_age: int | None = None
    minimum: int = 1
    builder: tuple[str, ...] = ()
    build_type: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    commit: Literal["named", "pinned"] | None = None


class _Part(Struct, frozen=True):
    """What was found about one subject."""

    subject: PolicySubject
    outcome: Outcome
    code: str
    values: dict[str, Any]
    evidence: tuple[str, ...] = ()
    until: datetime | None = None


_received = attrgetter("received")
_WORST_FIRST = (Outcome.MISSING, Outcome.ERRORED, Outcome.SATISFIED)


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Every subject needs evidence of its own; the worst part speaks for all."""
    values: dict[str, Any] = {"type": parameters.type, "about": parameters.about}
    if parameters.type == "check" or parameters.minimum < 1:
        # A test result may say FAILED, and none is never enough: neither attests anything.
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    required = subjects(parameters.about, context)
    if isinstance(required, NoSubject):
        return context.finding(requirement, Outcome.MISSING, required.code, values | required.describe())
    parts = [_part(each, parameters, context) for each in required]
    worst = min(parts, key=lambda part: _WORST_FIRST.index(part.outcome))
    unmet = [part for part in parts if part.outcome is not Outcome.SATISFIED]
    if unmet:
        values |= worst.values | {
            "lacking": [each.subject.describe() | {"code": each.code} for each in unmet]
        }
    return context.finding(
        requirement,
        worst.outcome,
        worst.code,
        values,
        evidence=tuple(sorted({each for part in parts for each in part.evidence})),
        who=parameters.by if unmet else (),
        until=min((part.until for part in parts if part.until), default=None),
    )


def _part(subject: PolicySubject, parameters: Parameters, context: RuleContext) -> _Part:
    configurations = context.facts.release.configurations
    found: dict[str, StatementFact] = {}
    seen: list[str] = []
    for statement in subject.found_in(context.index.statements.get(parameters.type, {})):
        code = not_counted_for(statement, parameters, configurations)
        if code is None:
            found.setdefault(statement.evidence, statement)
        else:
            seen.append(code)
    newest = sorted(found.values(), key=_received, reverse=True)[: parameters.minimum]
    if len(newest) < parameters.minimum:
        return _too_few(subject, bool(newest), seen, _counts(found, parameters, seen))
    evidence = tuple([each.evidence for each in newest])
    if parameters.max_age is None:
        return _Part(subject, Outcome.SATISFIED, "attested", {}, evidence)
    until = newest[-1].received + timedelta(seconds=parameters.max_age)
    if until < context.now:
        since = {"since": times.spell(until), "max_age": parameters.max_age}
        return _Part(subject, Outcome.MISSING, "too-old", _counts(found, parameters, seen) | since, evidence)
    return _Part(subject, Outcome.SATISFIED, "attested", {}, evidence, until)


def not_counted_for(
    statement: StatementFact, parameters: Parameters, configurations: tuple[BuildSource, ...]
) -> str | None:
    """Why a statement does not count for a requirement; None if it does.

    `configurations` are the commits that the release has pinned.
    """
    code = not_counted(statement, frozenset(parameters.by))
    return code or _other_build(statement, parameters, configurations)


def _other_build(
    statement: StatementFact, parameters: Parameters, configurations: tuple[BuildSource, ...]
) -> str | None:
    """Why provenance is not of the build that is asked for; None if it is, or nothing is asked of the build."""
    if not (parameters.builder or parameters.build_type or parameters.repository or parameters.commit):
        return None
    build = statement.build or BuildFact(None, None)
    if not _fits(build.builder, parameters.builder):
        return "other-builder"
    if not _fits(build.build_type, parameters.build_type):
        return "other-build-type"
    sources = [each for each in build.sources if _fits(each.uri, parameters.repository)]
    if parameters.repository and not sources:
        return "other-source"
    if parameters.commit == "named" and not sources:
        return "no-commit"
    if parameters.commit == "pinned" and _contradicts(build, configurations):
        return "other-commit"
    return None


def _fits(found: str | None, patterns: tuple[str, ...]) -> bool:
    return not patterns or (found is not None and any(fnmatchcase(found, each) for each in patterns))


def _contradicts(build: BuildFact, configurations: tuple[BuildSource, ...]) -> bool:
    """Whether it was built from another commit of a repository than the one that the release has pinned."""
    pinned = {each.uri: each.commit for each in configurations}
    return any(pinned.get(each.uri, each.commit) != each.commit for each in build.sources)


def _counts(found: Collection[str], parameters: Parameters, seen: list[str]) -> dict[str, Any]:
    return {
        "found": len(found),
        "minimum": parameters.minimum,
        "seen": dict(sorted(Counter(seen).items())),
    }


def _too_few(subject: PolicySubject, some: bool, seen: list[str], values: dict[str, Any]) -> _Part:
    if "future" in seen:
        return _Part(subject, Outcome.ERRORED, "future", values)
    if some:
        return _Part(subject, Outcome.MISSING, "too-few", values)
    return _Part(subject, Outcome.MISSING, "not-counted" if seen else "no-evidence", values)
