"""What a dossier cannot say: what is missing, was not observed, or is kept nowhere; and what speaks against a release.

Codes and values; the sentences are in `answers`.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.times import instant, spell
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.services.dossier.dossier import Dossier, EnvironmentDossier
from ldmrelease.services.inventory.where import UnobservedPlace

SCHEMA_PRODUCTS = ("alert_packet", "daf_butler", "dax_apdb", "dax_ppdb", "sdm_schemas")
"""EUPS products of the Science Pipelines in which the schemas of databases, Butler repositories and alerts are."""
BOARD_DOCUMENTS = ("release-notes", "known-issues", "characterisation-report")
"""Kinds of documents that a board reads: where nobody has signed one, that is said."""
_FAILED = "FAILED"


class Remark(Struct, frozen=True):
    """Something to know of a release: `code` and its values."""

    code: str
    values: dict[str, Any]


def gaps(dossier: Dossier) -> tuple[Remark, ...]:
    """What is not known, the release's own first, then by environment."""
    return (
        *_of_release(dossier),
        *(note for each in dossier.environments for note in _of_environment(dossier, each)),
        *_of_history(dossier),
    )


def known_issues(dossier: Dossier) -> tuple[Remark, ...]:
    """What speaks against the release, as far as anything was recorded: failed checks, lacks, ways back."""
    return (
        *_of_pins(dossier),
        *_recalls(dossier),
        *_failed_checks(dossier),
        *_taken_back(dossier),
        *_overdue(dossier),
    )


def schema_products(dossier: Dossier) -> tuple[str, ...]:
    """The EUPS products with schemas that differ from what runs at one of the places."""
    found = {
        product.name
        for environment in dossier.environments
        for change in environment.changes
        for product in change.comparison.products or ()
        if product.name in SCHEMA_PRODUCTS
    }
    return tuple(sorted(found))


def signed_kinds(dossier: Dossier) -> set[str]:
    """The kinds of documents about the release that somebody has signed whose word counts."""
    facts = (each.seen.fact for each in dossier.evidence)
    return {each.document.kind for each in facts if each.counted and each.document is not None}


def _of_release(dossier: Dossier) -> Iterator[Remark]:
    release = dossier.pinned.release
    if not dossier.pinned.stored:
        yield Remark("not-pinned", {"release": release.name})
    if dossier.is_built and release.content is None:
        yield Remark("no-listing", {"release": release.name})
    if not any(each.kind is ComponentKind.CONFIGURATION for each in release.components):
        yield Remark("no-configuration", {"release": release.name})
    yield Remark("schemas", {"products": list(schema_products(dossier))})
    if dossier.evidence_problem is not None:
        asked = dossier.evidence_problem
        yield Remark("evidence-not-asked", {"where": asked.where, "reason": asked.reason})
    lacking = [each for each in BOARD_DOCUMENTS if each not in signed_kinds(dossier)]
    if lacking:
        yield Remark("no-documents", {"kinds": lacking})
    if dossier.untrusted:
        yield Remark("untrusted-promotions", {"promotions": [each.promotion for each in dossier.untrusted]})


def _of_environment(dossier: Dossier, found: EnvironmentDossier) -> Iterator[Remark]:
    unnamed: dict[str, list[str]] = {}
    unseen: dict[tuple[str, str], list[str]] = {}
    for each in found.running:
        place = str(each.place)
        if isinstance(each, UnobservedPlace):
            yield Remark("never-observed", {"place": place})
            continue
        if each.state == "unobserved":
            unseen.setdefault((place, each.last), []).append(each.component)
        if each.release is None:
            unnamed.setdefault(place, []).append(f"{each.component} {each.spelling}")
    for (place, last), components in unseen.items():
        yield Remark("unobserved", {"place": place, "components": _once(components), "last": last})
    for place, images in unnamed.items():
        yield Remark("unknown-release", {"place": place, "images": _once(images)})
    for change in found.changes:
        if dossier.is_built and change.comparison.products is None:
            places = [*map(str, change.places)]
            yield Remark("not-comparable", {"release": change.comparison.before, "places": places})
    for left in found.left_out:
        yield Remark("not-decided", {"place": str(left.place)})
    if found.unagreed:
        yield Remark("hypothetical", {"environment": found.environment})


def _of_history(dossier: Dossier) -> Iterator[Remark]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for each in dossier.history:
        between = tuple((before[1], after[0]) for before, after in pairwise(each.intervals))
        if between:
            found.setdefault((each.place, between), []).append(each.component)
    for (place, between), components in found.items():
        lost = sum(_seconds(start, end) for start, end in between)
        values = {"place": place, "components": _once(components), "stretches": len(between)}
        yield Remark("unobserved-stretches", {**values, "seconds": lost, "last": between[-1]})


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _seconds(start: str, end: str) -> int:
    return int((instant(end) - instant(start)).total_seconds())


def _of_pins(dossier: Dossier) -> Iterator[Remark]:
    pinned = dossier.pinned
    if pinned.release.missing:
        yield Remark("incomplete", {"missing": list(pinned.release.missing)})
    newest = dossier.pins[-1].body if dossier.pins else None
    if newest is not None and pinned.stored and newest.revision > pinned.revision:
        yield Remark("newer-revision", {"revision": newest.revision, "reason": newest.reason})
    if dossier.second_spelling is not None:
        yield Remark("second-spelling", {"tag": dossier.second_spelling})


def _failed_checks(dossier: Dossier) -> Iterator[Remark]:
    for each in dossier.evidence:
        fact = each.seen.fact
        if fact.counted and fact.result == _FAILED:
            values = {"check": fact.check, "run": fact.run, "tests": list(fact.failed_tests)}
            yield Remark("failed-check", {**values, "environment": fact.environment})


def _recalls(dossier: Dossier) -> Iterator[Remark]:
    for each in dossier.acts.holds:
        if each.body.kind is HoldKind.RECALL and each.stands(dossier.now):
            values = {"hold": each.id, "person": each.person, "reason": each.body.reason}
            yield Remark(
                "recalled", {**values, "scopes": list(each.body.scopes), "where": each.body.predicate}
            )


def _overdue(dossier: Dossier) -> Iterator[Remark]:
    for each in dossier.acts.debts:
        if each.is_overdue(dossier.now):
            values = {"promotion": each.owed.promotion, "place": str(each.owed.place)}
            yield Remark(
                "review-overdue", {**values, "overlay": each.owed.overlay.name, "due": spell(each.due)}
            )


def _taken_back(dossier: Dossier) -> Iterator[Remark]:
    found: dict[tuple[str, str | None], list[str]] = {}
    for each in dossier.history:
        if each.ended == "restored":
            found.setdefault((each.place, each.gone), []).append(each.component)
    for (place, at), components in found.items():
        yield Remark("taken-back", {"place": place, "components": _once(components), "at": at})
