"""A dossier as one self-contained page, for a change control board: to read, to print and to keep."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ldmrelease.answers.sentences.text import few, listed, span
from ldmrelease.domain.decision import IN_THE_WAY
from ldmrelease.render.pages.acts_tables import (
    approvals_table,
    holds_table,
    reviews_table,
    waivers_table,
)
from ldmrelease.render.pages.dossier_changes import change_notes, change_values, running_table
from ldmrelease.render.pages.elements import (
    Tone,
    badge,
    code,
    digest,
    joined,
    link,
    quiet,
    time_element,
    whole_digest,
)
from ldmrelease.render.pages.page import single_page
from ldmrelease.render.pages.tables import Cell, Table
from ldmrelease.services.inventory.receipts import RELEASE

if TYPE_CHECKING:
    from ldmrelease.answers.decisions import DecisionAnswer
    from ldmrelease.answers.dossier import DossierAnswer, DossierReceiptAnswer, EnvironmentDossierAnswer
    from ldmrelease.answers.evidence import StatementAnswer
    from ldmrelease.answers.places import HistoryAnswer, WhereAnswer
    from ldmrelease.answers.reports import ReportAnswer

_WORST = ("refused", "undecided", "waiting", "allowed")
_NOT_DECIDED = "not decided"


class DecisionValues(NamedTuple):
    """A decision that is the same for several places, as the template shows it."""

    anchor: str
    title: str
    findings: Table


def dossier_page(found: "DossierAnswer") -> str:
    """The page."""
    return single_page("dossier.html", dossier=found, **_values(found))


def _values(found: "DossierAnswer") -> dict[str, Any]:
    return {
        "facts": _facts(found),
        "verdicts": _verdicts(found),
        "components": _components(found),
        "revisions": _revisions(found),
        "running": running_table(found),
        "changes": change_values(found),
        "notes": change_notes(found),
        "unknown": any(one.release is None for each in found.environments for one in each.running),
        "decisions": _decisions(found),
        "not_decided": _not_decided(found),
        "evidence": _evidence(found.evidence),
        "recorded": _recorded(found),
        "excuses": _excuses(found),
        "acts": (
            approvals_table(found.acts.approvals),
            waivers_table(found.acts.waivers),
            holds_table(found.acts.holds, "It is neither recalled nor frozen out anywhere."),
            reviews_table(found.acts.debts),
        ),
        "documents": _documents(found),
        "approvals": _approvals(found),
        "history": _history(found),
        "receipts": _receipts(found),
    }


def _facts(found: "DossierAnswer") -> list[tuple[str, Cell]]:
    pin = found.pin
    state = f"open: {listed(pin.missing)} still missing" if pin.missing else "complete"
    return [
        ("Release", code(found.release)),
        ("Kind", pin.kind),
        ("State", state),
        ("Digest", whole_digest(pin.digest)),
        ("Content", whole_digest(pin.content) if pin.content else quiet("no list of EUPS products")),
        ("Revision", str(pin.revision) if found.pinned else quiet("not pinned")),
        ("Pinned", time_element(found.pinned)),
        ("Pinned by", found.by or quiet("nobody yet")),
        ("As of", time_element(found.now)),
    ]


def _verdicts(found: "DossierAnswer") -> Table:
    rows: list[Sequence[Cell]] = []
    anchors = {place: each.anchor for each, places in _grouped(found) for place in places}
    for each in found.environments:
        verdict = _worst(each)
        runs = list(dict.fromkeys(_runs(one) for one in each.running))
        until = [decision.valid_until for decision in each.decisions if decision.valid_until]
        told = badge(verdict) if verdict != _NOT_DECIDED else quiet(_NOT_DECIDED)
        unmet = [one.sentence for one in _unmet(each)]
        why = unmet[0] + (f" (and {len(unmet) - 1} more)" if unmet[1:] else "") if unmet else ""
        anchor = next((anchors[one.place] for one in each.decisions), "not-decided")
        name = link(f"#{anchor}", each.environment)
        rows.append([name, told, few(runs, 4), why, time_element(min(until)) if until else ""])
    columns = ("Environment", "Verdict", "Runs there", "What stands in the way", "Verdict valid until")
    return Table("What would be decided now", columns, rows, "Its product runs in no environment.")


def _worst(found: "EnvironmentDossierAnswer") -> str:
    verdicts = {str(each.verdict) for each in found.decisions if not _follows(each)} or {
        str(each.verdict) for each in found.decisions
    }
    if found.refusals:
        verdicts.add("undecided" if all(each.code == "unavailable" for each in found.refusals) else "refused")
    return next((each for each in _WORST if each in verdicts), _NOT_DECIDED)


def _follows(decision: "DecisionAnswer") -> bool:
    """It waits for nothing but that the places before it are promoted to."""
    unmet = [each for each in decision.findings if each.outcome in IN_THE_WAY]
    return bool(unmet) and all(each.code == "earlier-in-plan" for each in unmet)


def _unmet(found: "EnvironmentDossierAnswer") -> Iterator[Any]:
    yield from found.refusals
    told = set()
    for decision in found.decisions:
        for each in decision.findings:
            if each.outcome in IN_THE_WAY and each.sentence not in told:
                told.add(each.sentence)
                yield each


def _runs(seen: "WhereAnswer") -> str:
    if seen.state == "never-observed":
        return "never observed"
    return seen.release or seen.spelling or "not known"


def _components(found: "DossierAnswer") -> Table:
    rows = [
        (each.name, each.kind, code(each.spelling), each.source, whole_digest(each.digest),
         ", ".join(one.platform for one in each.platforms))
        for each in found.pin.components
    ]  # fmt: skip
    columns = ("Component", "Kind", "Tag", "Source", "Digest", "Platforms")
    return Table("What the release is made of", columns, rows, "It has no component.")


def _revisions(found: "DossierAnswer") -> Table:
    rows = [
        (str(each.revision), time_element(each.pinned), each.by, "complete" if each.complete else "open",
         digest(each.digest), each.reason or "")
        for each in found.pin.revisions
    ]  # fmt: skip
    columns = ("Revision", "Pinned", "By", "State", "Digest", "Reason")
    return Table("Each time that the tag was pinned", columns, rows, "Nobody has pinned it.")


def _grouped(found: "DossierAnswer") -> list[tuple[DecisionValues, list[str]]]:
    """Decisions that say the same of several places are told once, with the places."""
    groups: dict[str, list[DecisionAnswer]] = {}
    for each in (one for environment in found.environments for one in environment.decisions):
        told = [(one.requirement, one.outcome, one.sentence, one.who) for one in each.findings]
        groups.setdefault(repr((each.level, each.verdict, told)), []).append(each)
    return [
        (_decision(same, f"decision-{number}"), [each.place for each in same])
        for number, same in enumerate(groups.values(), 1)
    ]


def _decisions(found: "DossierAnswer") -> list[DecisionValues]:
    return [each for each, _ in _grouped(found)]


def _not_decided(found: "DossierAnswer") -> list[str]:
    """Places that would not take it, or about which nobody could be asked; and what is hypothetical."""
    told = [f"{one.place}: {one.sentence}" for each in found.environments for one in each.refusals]
    unagreed = [each.environment for each in found.environments if each.hypothetical]
    if unagreed:
        words = "is hypothetical: the trust document records other policies, targets, products or checks."
        told.append(f"What is decided for {listed(unagreed)} {words}")
    return told


def _decision(same: Sequence["DecisionAnswer"], anchor: str) -> DecisionValues:
    found = same[0]
    findings = sorted(found.findings, key=lambda each: each.outcome not in IN_THE_WAY)
    rows: list[Sequence[Cell]] = [(each.requirement, badge(each.outcome), each.sentence) for each in findings]
    columns = ["Requirement", "Outcome", "Finding"]
    if any(each.who for each in findings):
        columns.append("Who can change it")
        rows = [
            (*row, listed(each.who) if each.who else "") for row, each in zip(rows, findings, strict=True)
        ]
    caption = f"Requirements of level {found.level}"
    title = f"{few([each.place for each in same])}: {found.verdict}"
    return DecisionValues(anchor, title, Table(caption, columns, rows, "Nothing is asked for."))


def _evidence(found: Iterable["StatementAnswer"]) -> Table:
    rows = []
    for each in found:
        result = badge(each.result) if each.result else ""
        counts = badge("counts", Tone.GOOD) if each.counted else badge("does not count", Tone.BAD)
        why = each.rejected.sentence if each.rejected else ""
        about: Cell = each.component or digest(each.subject)
        what = " ".join(filter(None, [each.type, each.check]))
        signer = each.signer or quiet("no known key")
        rows.append((what, about, signer, result, counts, why, time_element(each.received)))
    columns = ("Statement", "About", "Signed by", "Result", "Counted", "Why not", "Received")
    return Table(
        "Statements about the release, its content and its images", columns, rows, "There is no statement."
    )


def _recorded(found: "DossierAnswer") -> list[Table]:
    return [_of_promotion(each) for each in found.promotions]


def _of_promotion(found: "ReportAnswer") -> Table:
    rows = [
        (
            stage.decision.place,
            str(stage.stage),
            badge(stage.decision.verdict),
            " ".join(each.sentence for each in stage.decision.findings if each.outcome in IN_THE_WAY),
            time_element(stage.decision.now),
        )
        for stage in found.decisions
    ]
    why = f" ({found.reason})" if found.reason else ""
    caption = (
        f"{found.promotion}, {found.intent} to {found.target}, asked for by {found.by}{why}: {found.state}"
    )
    return Table(
        caption, ("Place", "Stage", "Verdict", "In the way", "Decided"), rows, "Nothing was decided."
    )


def _excuses(found: "DossierAnswer") -> Table:
    rows = [
        (
            each.place,
            each.requirement,
            joined(badge(each.outcome), f"instead of {each.unmet}" if each.unmet else ""),
            each.sentence,
            joined(time_element(each.time), f"({each.promotion or 'for this dossier'})"),
        )
        for each in found.excuses
    ]
    columns = ("Place", "Requirement", "Excuse", "Finding", "Decided")
    return Table(
        "Requirements that are not met and stop nothing", columns, rows, "None was waived or excused."
    )


def _approvals(found: "DossierAnswer") -> Table:
    rows = [
        (each.place, each.requirement, each.sentence, time_element(each.time)) for each in found.approvals
    ]
    return Table(
        "What decisions counted of it",
        ("Place", "Requirement", "Approval", "Decided"),
        rows,
        "No decision about it rests on an approval.",
    )


def _documents(found: "DossierAnswer") -> Table:
    rows = [
        (
            each.kind,
            digest(each.digest),
            each.signer or quiet("no known key"),
            ", ".join(each.roles),
            time_element(each.received),
            badge("counts", Tone.GOOD) if each.counted else badge("does not count", Tone.BAD),
            each.sentence or "",
        )
        for each in found.documents
    ]
    columns = ("Document", "Digest", "Signed by", "As", "Received", "Counted", "Why not")
    return Table("Documents about it, as signed", columns, rows, "Nobody has signed one.")


def _history(found: "DossierAnswer") -> Table:
    """Components that came and went together are one row."""
    rows: dict[tuple[object, ...], list[HistoryAnswer]] = {}
    for each in found.history:
        key = (each.place, each.revision, each.first, each.last, each.observed, each.ended)
        rows.setdefault(key, []).append(each)
    told = [
        (
            same[0].place,
            few([each.component for each in same]),
            time_element(same[0].first),
            time_element(same[0].last),
            span(same[0].observed),
            badge(same[0].ended or "is there"),
        )
        for same in rows.values()
    ]
    columns = ("Place", "Component", "Seen from", "Last seen", "Seen for", "End")
    return Table("Where it was observed to run", columns, told, "It was never observed to run anywhere.")


def _receipts(found: "DossierAnswer") -> Table:
    """Those of one deployment are one row, with the digest of the release's own."""
    rows: dict[tuple[str, str], list[DossierReceiptAnswer]] = {}
    for each in found.receipts:
        rows.setdefault((each.place, each.promotion), []).append(each)
    told = [
        (
            place,
            promotion,
            few([each.component for each in same]),
            time_element(max(each.signed for each in same)),
            digest(next((each.digest for each in same if each.component == RELEASE), None)),
        )
        for (place, promotion), same in rows.items()
    ]
    columns = ("Place", "Promotion", "Receipts of", "Signed", "Receipt of the release")
    return Table("Receipts of its deployments", columns, told, "There is no receipt of a deployment.")
