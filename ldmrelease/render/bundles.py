"""Bundles for people."""

from collections.abc import Iterator

from ldmrelease.answers.bundles import BundleAnswer, BundleContentsAnswer, BundleHeadAnswer
from ldmrelease.answers.decisions import DecisionAnswer
from ldmrelease.answers.sentences.overlays import overlay_mark
from ldmrelease.answers.sentences.text import counted, few, listed
from ldmrelease.domain.decision import IN_THE_WAY, Outcome
from ldmrelease.render.tables import table


def bundle_text(answer: BundleAnswer) -> str:
    """What a bundle is, and what is to be heeded."""
    warned = [f"{'warning: ' if answer.usable else ''}{each.sentence}" for each in answer.findings]
    if answer.bundle is None:
        return "\n".join(f"UNDECIDED  {answer.source}: {each}" for each in warned)
    published = [f"published as {answer.source} ({answer.manifest})"] if answer.manifest is not None else []
    return "\n".join([*_head(answer.bundle, stale=answer.stale), *published, *warned])


def contents_text(answer: BundleContentsAnswer) -> str:
    """The same, with what may be created where, and what was decided."""
    if answer.bundle is None:
        return bundle_text(answer)
    headers = ("place", "component", "release", "because", "digest")
    allowed = [
        (each.place, each.component, each.release or "unknown", str(each.because), each.digest)
        for each in answer.allowed
    ]
    decided = [
        (each.place, each.release, str(each.verdict), each.valid_until or "", "; ".join(_acts(each)))
        for each in answer.decided
    ]
    parts = [bundle_text(answer)]
    if allowed:
        parts.append("may be created:\n" + table(headers, allowed, spare=("because",)))
    if answer.held:
        headers = ("hold", "where", "by", "reason", "digest")
        held = [
            (
                each.hold,
                few(each.places) if each.places else "everywhere",
                each.person,
                each.reason,
                each.digest,
            )
            for each in answer.held
        ]
        parts.append("recalled:\n" + table(headers, held, spare=("where",)))
    if decided:
        parts.append("decided:\n" + table(("place", "release", "verdict", "valid until", "acts"), decided))
    return "\n\n".join(parts)


def _acts(decision: DecisionAnswer) -> Iterator[str]:
    """What people did that a decision rests on, or that stopped it."""
    if decision.overlay is not None:
        yield overlay_mark(decision.overlay.kind, decision.overlay.name)
    for each in decision.findings:
        if each.outcome is Outcome.WAIVED:
            yield f"{each.requirement} waived"
        elif (each.rule, each.code) == ("approval", "approved"):
            yield f"{each.requirement} approved"
        elif each.rule == "held" and each.outcome in IN_THE_WAY:
            yield each.sentence


def _head(head: BundleHeadAnswer, *, stale: bool) -> list[str]:
    state = "stale" if stale else "fresh"
    lines = [
        f"bundle {head.serial} of ledger {head.ledger}, event {head.size}: {state}, signed by {head.person} "
        f"({head.key})",
        f"as of {head.as_of}, stale after {head.stale_after}, expires {head.expires}",
        f"trust document: version {head.trust_version}, {head.trust}",
        f"{counted(len(head.releases), 'release')}, {counted(head.decisions, 'decision')}, "
        f"{counted(head.holds, 'hold')}",
    ]
    for each in head.environments:
        exempt = f", exempt namespaces: {listed(each.exempt_namespaces)}" if each.exempt_namespaces else ""
        cluster = f" in {listed(each.clusters)}" if each.clusters else ""
        lines.append(
            f"{each.name}{cluster}: {counted(each.digests, 'digest')} at {listed(each.places)}{exempt}"
        )
    return lines
