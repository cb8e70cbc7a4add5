"""A dossier on a terminal: in short, section by section. The page has all of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import counted, few, listed, said, short
from ldmrelease.domain.decision import IN_THE_WAY
from ldmrelease.render.acts import acts_sections
from ldmrelease.render.releases import revisions_text, state_words
from ldmrelease.render.tables import table

if TYPE_CHECKING:
    from ldmrelease.answers.dossier import DossierAnswer, EnvironmentDossierAnswer, SignedDocumentAnswer


def dossier_text(found: "DossierAnswer") -> str:
    """What a board wants to know first: what it is, what would change, what is decided, what is against it."""
    return "\n\n".join(each for each in _sections(found) if each)


def _sections(found: "DossierAnswer") -> Iterator[str]:
    pin = found.pin
    pinned = f"pinned {found.pinned} by {found.by}" if found.pinned else "not pinned"
    yield f"{found.release} ({pin.kind}) {state_words(pin.missing)}, {pinned}; as of {found.now}\n  {pin.digest}"
    components = [(each.name, each.kind, each.spelling, short(each.digest)) for each in pin.components]
    yield table(["component", "kind", "tag", "digest"], components)
    if len(pin.revisions) > 1:
        yield revisions_text(pin.revisions)
    for each in found.environments:
        yield "\n".join(_environment(each))
    yield _evidence(found)
    yield _deployments(found)
    for name, lines in acts_sections(found.acts):
        yield _listed(name, lines)
    yield _listed("documents", [_document(each) for each in found.documents])
    yield _listed("approved by decisions", [f"{each.place}: {each.sentence}" for each in found.approvals])
    yield _listed(
        "excuses",
        [
            f"{each.place} {each.outcome} {each.requirement} ({each.promotion or 'now'}): {each.sentence}"
            for each in found.excuses
        ],
    )
    yield _listed("known issues", [each.sentence for each in found.known_issues])
    yield _listed("not known", [each.sentence for each in found.gaps])


def _environment(found: "EnvironmentDossierAnswer") -> Iterator[str]:
    yield found.environment
    for change in found.changes:
        compared = change.comparison
        parts = [each.component for each in compared.components if each.differs]
        products = (
            ""
            if compared.products is None
            else f", {len(compared.products)} of {compared.listed} EUPS products"
        )
        yield f"  {listed(change.places)}: from {compared.before}: {few(parts)}{products}"
    if found.same:
        yield f"  {listed(found.same)}: runs there already"
    mark = " (hypothetical)" if found.hypothetical else ""
    for decision in found.decisions:
        yield f"  {decision.place}: {decision.verdict}{mark}"
        yield from (
            f"    {each.outcome}: {each.sentence}" for each in decision.findings if each.outcome in IN_THE_WAY
        )
    yield from (f"  {each.place}: {each.code}: {each.sentence}" for each in found.refusals)


def _evidence(found: "DossierAnswer") -> str:
    rows = [
        (
            f"{each.type} {each.check}" if each.check else each.type,
            each.component or short(each.subject),
            each.signer or "nobody known",
            each.result or "",
            "counts" if each.counted else each.rejected.sentence if each.rejected else "does not count",
        )
        for each in found.evidence
    ]
    return table(["evidence", "about", "signed by", "result", "counts"], rows) if rows else "evidence: none"


def _document(each: "SignedDocumentAnswer") -> str:
    counts = "counts" if each.counted else f"does not count: {each.sentence}"
    signer = each.signer or "nobody known"
    return f"{said(each.kind)} {short(each.digest)}, signed by {said(signer)}, received {each.received}; {counts}"


def _deployments(found: "DossierAnswer") -> str:
    """Components that came and went together are one row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for each in found.history:
        key = (each.place, each.first, each.last, each.ended or "is there")
        rows.setdefault(key, []).append(each.component)
    told = [(key[0], few(names), *key[1:]) for key, names in rows.items()]
    where = (
        table(["place", "component", "from", "last seen", "end"], told)
        if told
        else "it was seen to run nowhere"
    )
    promotions = [
        f"{each.promotion} to {each.target}: {each.state}, asked for by {each.by}"
        for each in found.promotions
    ]
    return "\n".join([where, *promotions, counted(len(found.receipts), "receipt")])


def _listed(name: str, sentences: list[str]) -> str:
    return (
        "\n".join([f"{name}:", *(f"  {each}" for each in sentences)])
        if sentences
        else f"{name}: none recorded"
    )
