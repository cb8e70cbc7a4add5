"""Evidence for people: what there is, what it is about, and whether it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.sentences.text import Values, listed, said, short, values_of
from ldmrelease.render.tables import Cell, Colour, table

if TYPE_CHECKING:
    from ldmrelease.domain.facts import StatementFact
    from ldmrelease.policy.demands import Demand
    from ldmrelease.services.evidence.manual import AddedEvidence, EvaluatedEvidence, UnusableEvidence
    from ldmrelease.trust.evaluate import EvaluatedStatement
    from ldmrelease.trust.identities import CertificateIdentity


def evidence_table(found: Sequence[EvaluatedEvidence], release: str) -> str:
    """All evidence about a release."""
    if not found:
        return f"there is no evidence about {release}"
    rows: list[list[str | Cell]] = [
        [
            _type(each.seen.fact),
            _about(each),
            _signer(each.seen),
            _counts(each.seen),
            each.seen.fact.result or "",
            _taken_in(each),
            short(each.taken.blob),
        ]
        for each in found
    ]
    headers = ["type", "about", "signer", "counts", "result", "taken in", "envelope"]
    return table(headers, rows, spare=("envelope", "taken in", "about"))


def _signer(seen: EvaluatedStatement) -> str:
    if seen.fact.signer is None:
        return "unknown key" if seen.certificate is None else "unknown identity"
    return seen.fact.signer


def _type(fact: StatementFact) -> str:
    return f"{fact.type} {fact.check}" if fact.check else fact.type


def _about(each: EvaluatedEvidence) -> str:
    subject = each.taken.subject
    return subject.component or short(subject.digest)


def _taken_in(each: EvaluatedEvidence) -> str | Cell:
    received = each.taken.received
    return f"{received:%Y-%m-%dT%H:%M:%SZ}" if received else Cell("not yet", Colour.yellow)


def _counts(seen: EvaluatedStatement) -> Cell:
    if seen.fact.counted:
        return Cell("counts", Colour.green)
    return Cell(f"not counted: {evaluated_words(seen)}", Colour.red)


def evaluated_words(seen: EvaluatedStatement) -> str:
    """Why a statement does not count."""
    if seen.refusal is not None:
        return why_not(seen.refusal.code, seen.refusal.values)
    return why_not(seen.fact.code or "not-counted")


def verified_text(each: EvaluatedEvidence, name: str) -> str:
    """Whether one statement counts."""
    fact = each.seen.fact
    counts = _counts(each.seen).text
    by = f", signed by {fact.signer} as {listed(fact.roles)}" if fact.counted else ""
    lines = [f"{name}: {_type(fact)} about {listed(fact.subjects)}: {counts}{by}"]
    if each.seen.certificate is not None:
        lines.append(f"  its certificate: {certificate_words(each.seen.certificate)}")
    return "\n".join([*lines, *map(_demand, each.demands)])


def certificate_words(found: CertificateIdentity) -> str:
    """Who a certificate was issued to."""
    told = {"issuer": found.issuer, "subject": found.subject, "repository": found.repository}
    told |= {"workflow": found.workflow, "ref": found.ref, "commit": found.commit}
    return ", ".join(f"{name} {said(each)}" for name, each in told.items() if each is not None)


def _demand(each: Demand) -> str:
    asked = f" (by {listed(each.by)})" if each.by else ""
    counts = "counts" if each.code is None else f"not counted: {why_not(each.code)}"
    return f"  {each.level}/{each.requirement}{asked}: {counts}"


def added_text(added: AddedEvidence) -> str:
    """What became of a statement that was added."""
    taken = "taken in" if added.new else "was taken in already"
    taken = taken if added.taken_in else "is not taken in"
    told = f"{added.type} about {added.release} {taken} ({short(added.blob)}), attached to {len(added.referrers)}"
    told += " subject" + ("" if len(added.referrers) == 1 else "s")
    counts = "it counts" if added.seen.fact.counted else f"it does not count: {evaluated_words(added.seen)}"
    return f"{told}; {counts}"


def unusable_words(why: UnusableEvidence) -> str:
    """Why evidence cannot be signed or taken in."""
    v: Values = values_of(why.values)
    match why.code:
        case "file-too-large":
            return f"it is larger than {v['limit']} bytes, and more is not read"
        case "too-deep":
            return f"its values stand more than {v['limit']} deep in each other, and more is not read"
        case "too-many-values":
            return f"it has more than {v['limit']} values, and more are not read"
        case "not-an-envelope":
            return "it is not a signed statement (a DSSE envelope or Sigstore bundle in JSON)"
        case "receipt":
            return "this is a receipt: promotions sign them, and they are not evidence"
        case "other-subject":
            return f"it is about {v.listed('subjects')}, and nothing of {v['release']} has such a digest"
        case "no-content":
            return f"{v['release']} has no content digest: its EUPS build list is not there"
        case "no-configuration":
            return f"{v['release']} has no configuration with a commit that it could be about"
        case "no-component":
            return f"name the image with --component: {v['release']} has {v.listed('known')}"
        case "unknown-component":
            return f"there is no image component {said(v['component'])}; known are {v.listed('known')}"
        case "unknown-platform":
            return f"the image has no platform {said(v['platform'])}; it has {v.listed('known')}"
    return _import_words(why.code, v) or why_not(why.code, why.values)


def _import_words(code: str, v: Values) -> str | None:
    """Why a file of another tool does not become a statement or an approval."""
    match code:
        case "other-image":
            return f"it is about {v.listed('images')}, and the subject is {v.listed('subjects')}"
        case "not-of-release":
            return f"{v['release']} has nothing with the digest {v['subject']}"
        case "which-check":
            return f"say with --check of which check the results are: {v.listed('known')}"
        case "unknown-check":
            return f"there is no check {said(v['check'])}; known are {v.listed('known')}"
        case "unknown-test":
            return f"the check {v['check']} declares no test {said(v['test'])}; it has {v.listed('known')}"
        case "tests-missing":
            return (
                f"it tells nothing of {v.listed('missing')}, which the check {v['check']} declares; it has "
                f"{v.listed('tests')}: --one-test makes one test of them"
            )
        case "unknown-environment":
            return f"there is no environment {said(v['environment'])}; known are {v.listed('known')}"
        case "which-paths":
            return f"it does not say which files {v['reference']} changes, so nobody can tell whose they are"
        case "unknown-target":
            return f"there is no target {said(v['target'])}; known are {v.listed('known')}"
        case "no-approval":
            return "it is not an approval: those are issues of Jira, and reviews of pull requests"
        case "which-commit":
            return f"it does not say which commit of {v['reference']} is the newest: `gh pr view --json` does"
        case "not-approved":
            against = f"; {v.listed('against')} asked for changes" if v["against"] else ""
            return f"nobody but its author has approved the newest commit of {v['reference']}{against}"
    return None
