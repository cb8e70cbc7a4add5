"""`vulnerabilities`: what scanners found in each image is within the limits, by scans that have shown something.

Of each scanner the latest scan that shows something speaks, and what all of them found is counted together. A scan by
an old database, or of no package, shows nothing: it neither satisfies nor replaces an earlier one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.statement_facts import FindingFact, FindingSeverity, ScanFact
from ldmrelease.policy.counted import (
    CountedStatements,
    JudgedPart,
    counted_statements,
    earliest,
    made,
    worst,
)
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.subjects import NoSubject, PolicySubject, subjects
from ldmrelease.policy.vex import Exemption, exemptions

LEEWAY = timedelta(minutes=5)
"""How far the clocks of a scanner and of the ledger may be apart."""
_VACUOUS = ("stale-database", "no-database-date", "no-packages", "unreadable")
_WORST = tuple(FindingSeverity)


class Parameters(Struct, frozen=True):
    """`limits`: how many there may be at most that are as bad or worse, by severity; those of unknown severity are
    counted apart, with the strictest limit where they have none.

    Times in seconds: `max_age` of a scan, `database_max_age` of its database as it was made, `grace` from the first
    intake of a counted scan that found it in this image. `sbom`: a list of packages that is not empty is required, too.
    `vex_by`: roles whose VEX statements count (empty: none does).
    """

    limits: dict[FindingSeverity, int]
    max_age: int | None = None
    database_max_age: int | None = None
    by: tuple[str, ...] = ()
    sbom: Literal["required"] | None = None
    grace: int | None = None
    ignore_unfixed: bool = False
    vex_by: tuple[str, ...] = ()


class _Counted(Struct):
    """What of the findings counts against limits: ids by severity; those that are in grace, each until when."""

    ids: dict[FindingSeverity, set[str]] = field(default_factory=lambda: defaultdict(set))
    graced: dict[FindingSeverity, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    exempt: dict[str, Exemption] = field(default_factory=dict)
    unfixed: set[str] = field(default_factory=set)


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Every platform of every image needs scans of its own; the worst part speaks for all."""
    values: dict[str, Any] = {"limits": {each.value: limit for each, limit in parameters.limits.items()}}
    if not parameters.limits or min(parameters.limits.values()) < 0:
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    required = subjects("image", context)
    if isinstance(required, NoSubject):
        return context.finding(requirement, Outcome.MISSING, required.code, values | required.describe())
    parts = [(each, _part(each, parameters, context)) for each in required]
    speaking = worst(part for _, part in parts)
    unmet = [(each, part) for each, part in parts if part.outcome is not Outcome.SATISFIED]
    values |= speaking.values | _together([part for _, part in parts])
    if "over" in values:
        # A waiver is for these, and for no other.
        values["vulnerabilities"] = sorted({id for ids in values["over"].values() for id in ids})
    if unmet:
        values["lacking"] = [each.describe() | {"code": part.code} for each, part in unmet]
    return context.finding(
        requirement,
        speaking.outcome,
        speaking.code,
        values,
        evidence=tuple(sorted({each for _, part in parts for each in part.evidence})),
        who=parameters.by if speaking.outcome is Outcome.MISSING else (),
        until=earliest(part.until for _, part in parts),
    )


def _together(parts: Iterable[JudgedPart]) -> dict[str, Any]:
    """What is told of all images at once: what is over a limit, excused, or in grace, each by its id."""
    told: dict[str, Any] = {}
    for name in ("over", "exempt", "in_grace"):
        found = [part.values[name] for part in parts if part.values.get(name)]
        if name == "over":
            merged = {key: sorted({one for each in found for one in each.get(key, ())}) for key in _WORST}
            told |= {name: {key.value: ids for key, ids in merged.items() if ids}} if found else {}
        elif found:
            told[name] = dict(sorted((key, value) for each in found for key, value in each.items()))
    return told


def _part(subject: PolicySubject, parameters: Parameters, context: RuleContext) -> JudgedPart:
    scans = _showing(counted_statements("vulnerabilities", (subject,), parameters.by, context), parameters)
    if not scans.found:
        return JudgedPart(*scans.absent(*_VACUOUS), {"seen": scans.seen})
    latest = _latest_by_scanner(scans)
    evidence = tuple([each.evidence for each in latest])
    until = None
    if parameters.max_age is not None:
        until = max(map(made, latest)) + timedelta(seconds=parameters.max_age)
        if until < context.now:
            told = {"since": times.spell(until), "max_age": parameters.max_age, "seen": scans.seen}
            return JudgedPart(Outcome.MISSING, "too-old", told, evidence)
    if parameters.sbom is not None:
        listed = _packages_listed(subject, parameters, context)
        if isinstance(listed, JudgedPart):
            return replace(listed, evidence=evidence)
        evidence += listed
    judged = _within_limits(subject, latest, parameters, context)
    return replace(judged, evidence=(*evidence, *judged.evidence), until=earliest((until, judged.until)))


def _showing(scans: CountedStatements, parameters: Parameters) -> CountedStatements:
    """Those that show something; the others are rejected."""
    codes = [(each, _vacuous(each, parameters)) for each in scans.found]
    return CountedStatements(
        tuple([each for each, code in codes if code is None]),
        (*scans.rejected, *(code for _, code in codes if code is not None)),
    )


def _vacuous(statement: StatementFact, parameters: Parameters) -> str | None:
    """Why a scan has shown nothing; None if it has."""
    scan = statement.scan
    if scan is None:
        return "unreadable"
    if scan.packages == 0:
        return "no-packages"
    if scan.database is not None and scan.database > statement.received + LEEWAY:
        return "future"
    if parameters.database_max_age is None:
        return None
    if scan.database is None:
        return "no-database-date"
    age = made(statement) - scan.database
    return "stale-database" if age > timedelta(seconds=parameters.database_max_age) else None


def _latest_by_scanner(scans: CountedStatements) -> tuple[StatementFact, ...]:
    """The latest of each scanner; where one gave several in one second, all of these."""
    latest: dict[str, list[StatementFact]] = defaultdict(list)
    for each in scans.found:
        known = latest[_scan(each).scanner]
        if known and known[0].received < each.received:
            known.clear()
        known.append(each)
    return tuple([each for known in latest.values() for each in known])


def _scan(statement: StatementFact) -> ScanFact:
    assert statement.scan is not None
    return statement.scan


def _packages_listed(
    subject: PolicySubject, parameters: Parameters, context: RuleContext
) -> tuple[str, ...] | JudgedPart:
    """The evidence ids of the newest list of packages that is not empty; else what is missing."""
    found = counted_statements("sbom", (subject,), parameters.by, context)
    full = [each for each in found.found if each.sbom is not None and each.sbom.packages > 0]
    if full:
        return (full[-1].evidence,)
    if found.found:
        return JudgedPart(Outcome.MISSING, "empty-sbom")
    code = "sbom-not-counted" if found.rejected else "no-sbom"
    return JudgedPart(Outcome.MISSING, code, {"seen": found.seen})


def _within_limits(
    subject: PolicySubject,
    latest: tuple[StatementFact, ...],
    parameters: Parameters,
    context: RuleContext,
) -> JudgedPart:
    rows = {row for each in latest for row in _scan(each).findings}
    counted = _sorted_out(subject, rows, parameters, context)
    over: dict[FindingSeverity, list[str]] = {}
    until: list[datetime] = []
    for severity, limit in _limits(parameters).items():
        # Or worse: whoever finds something worse than before does not get it past a limit.
        worse = _as_bad(severity)
        ids = sorted(id for each in worse for id in counted.ids[each])
        if len(ids) > limit:
            over[severity] = ids
            continue
        # With that many more it is over the limit: until the grace of the first that is one too many.
        ends = sorted(end for each in worse for end in counted.graced[each].values())
        until += ends[limit - len(ids) :][:1]
    told = _told(counted)
    evidence = tuple(sorted({each.evidence for each in counted.exempt.values()}))
    if over:
        return JudgedPart(Outcome.FAILED, "too-many", {**told, "over": over}, evidence)
    return JudgedPart(Outcome.SATISFIED, "within-limits", told, evidence, min(until, default=None))


def _limits(parameters: Parameters) -> Mapping[FindingSeverity, int]:
    """Nobody knows how bad what is unknown is: it has the strictest limit where none is written for it."""
    strictest = min(parameters.limits.values())
    return {FindingSeverity.UNKNOWN: strictest, **parameters.limits}


def _as_bad(severity: FindingSeverity) -> tuple[FindingSeverity, ...]:
    if severity is FindingSeverity.UNKNOWN:
        return (severity,)
    return _WORST[: _WORST.index(severity) + 1]


def _told(counted: _Counted) -> dict[str, Any]:
    numbers = {each.value: len(counted.ids[each]) for each in _WORST if counted.ids[each]}
    graced = {id: times.spell(end) for found in counted.graced.values() for id, end in found.items()}
    exempt = {id: each.status for id, each in counted.exempt.items()}
    told = {"found": numbers, "in_grace": graced, "exempt": exempt, "unfixed": len(counted.unfixed)}
    return {name: value for name, value in told.items() if value or name == "found"}


def _sorted_out(
    subject: PolicySubject, rows: Iterable[FindingFact], parameters: Parameters, context: RuleContext
) -> _Counted:
    """Which findings count, under the worst severity that anybody gives them."""
    exempt = exemptions(subject, parameters.vex_by, context)
    counted = _Counted()
    worst_of: dict[str, FindingSeverity] = {}
    for row in sorted(rows, key=_row_order):
        found = exempt.of(row)
        if found is not None:
            counted.exempt[row.id] = found
        elif parameters.ignore_unfixed and row.fixed is None:
            counted.unfixed.add(row.id)
        elif row.id not in worst_of or _WORST.index(row.severity) < _WORST.index(worst_of[row.id]):
            worst_of[row.id] = row.severity
    first = _first_sights(subject, parameters, context) if parameters.grace is not None else {}
    for id, severity in worst_of.items():
        # What counts in one package is not told as excused or unfixed in another.
        counted.exempt.pop(id, None)
        counted.unfixed.discard(id)
        end = first[id] + timedelta(seconds=parameters.grace or 0) if id in first else context.now
        if end > context.now:
            counted.graced[severity][id] = end
        else:
            counted.ids[severity].add(id)
    return counted


def _row_order(row: FindingFact) -> tuple[str, ...]:
    return row.id, row.package or "", row.installed or "", row.fixed or "", row.severity


def _first_sights(
    subject: PolicySubject, parameters: Parameters, context: RuleContext
) -> dict[str, datetime]:
    """When the ledger first got a counted scan that found it in this image, by id; whatever the scan claims."""
    first: dict[str, datetime] = {}
    for each in counted_statements("vulnerabilities", (subject,), parameters.by, context).found:
        for row in each.scan.findings if each.scan is not None else ():
            first.setdefault(row.id, each.received)
    return first
