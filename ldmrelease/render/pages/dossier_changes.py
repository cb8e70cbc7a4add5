"""What a release changes beside what runs: that part of a dossier's page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ldmrelease.answers.sentences.text import counted, few, listed
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.render.pages.elements import badge, code, digest, joined, quiet, time_element
from ldmrelease.render.pages.tables import Cell, Table

if TYPE_CHECKING:
    from ldmrelease.answers.dossier import DossierAnswer
    from ldmrelease.answers.places import WhereAnswer
    from ldmrelease.answers.releases import ComparisonAnswer, VersionAnswer

_MOST_PRODUCTS = 60
"""Rows of EUPS products for each comparison; the rest is counted, and `release compare` has it."""


class ChangeValues(NamedTuple):
    """What changes at some places, as the template shows it."""

    title: str
    components: Table
    products: Table | None
    products_left: int
    told: str


def running_table(found: "DossierAnswer") -> Table:
    """What was observed last; what was seen at a place at the same time, of one release, is one row."""
    rows: dict[tuple[str, ...], list[WhereAnswer]] = {}
    for each in (one for environment in found.environments for one in environment.running):
        named = each.release or each.spelling or ""
        rows.setdefault((each.place, named, each.state, each.since or ""), []).append(each)
    columns = ("Place", "Component", "Runs", "State", "Since")
    told = [_run(same) for same in rows.values()]
    return Table(
        "What was observed last, of its product", columns, told, "Nothing of its product was observed."
    )


def _run(same: Sequence["WhereAnswer"]) -> Sequence[Cell]:
    each = same[0]
    if each.state == "never-observed":
        return each.place, quiet("not known"), quiet("not known"), badge("never observed"), ""
    components = few([one.component for one in same])
    return (
        each.place,
        components,
        code(each.release or each.spelling),
        badge(each.state),
        time_element(each.since),
    )


def change_notes(found: "DossierAnswer") -> list[str]:
    """Where it runs already, and what a menu is compared by."""
    same = [place for each in found.environments for place in each.same]
    compared = {place for each in found.environments for change in each.changes for place in change.places}
    menus = [place for each in found.environments for place in each.menus if place in compared]
    notes = [f"It runs already at {listed(same)}."] if same else []
    if menus:
        notes.append(f"Of several releases that a menu shows ({listed(menus)}), the newest is compared.")
    return notes


def change_values(found: "DossierAnswer") -> list[ChangeValues]:
    """Each release that runs somewhere compared once, with all the places where it runs."""
    places: dict[str, list[str]] = {}
    compared: dict[str, ComparisonAnswer] = {}
    for each in (change for environment in found.environments for change in environment.changes):
        key = repr([(one.component, one.before) for one in each.comparison.components])
        compared.setdefault(key, each.comparison)
        places.setdefault(key, []).extend(each.places)
    return [_change(each, places[key]) for key, each in compared.items()]


def _change(found: "ComparisonAnswer", places: Sequence[str]) -> ChangeValues:
    rows = [
        (each.component, each.kind, _version(each.before), _version(each.after))
        for each in found.components
        if each.differs
    ]
    columns = ("Component", "Kind", "Now", "With the release")
    same = len(found.components) - len(rows)
    told = [f"{counted(same, 'component')} the same."] if same else []
    if not any(each.kind == ComponentKind.CONFIGURATION for each in found.components):
        told.append("Configuration: not known, as neither release pins any.")
    if found.products is None and any(each.kind == ComponentKind.BUILD for each in found.components):
        told.append("EUPS products: not known, as one of the two has no list.")
    return ChangeValues(
        title=f"From {found.before}, at {few(places)}",
        components=Table(
            "Images, builds and configuration that differ", columns, rows, "No component differs."
        ),
        products=_products(found),
        products_left=max(0, len(found.products or ()) - _MOST_PRODUCTS),
        told=" ".join(told),
    )


def _version(version: "VersionAnswer | None") -> Cell:
    return joined(code(version.spelling), digest(version.digest)) if version else quiet("none")


def _products(found: "ComparisonAnswer") -> Table | None:
    if found.products is None:
        return None
    rows = [
        (
            each.name,
            code(each.before[:12]) if each.before else quiet("none"),
            code(each.after[:12]) if each.after else quiet("none"),
        )
        for each in found.products[:_MOST_PRODUCTS]
    ]
    caption = f"EUPS products that differ, by their commits: {len(found.products)} of {found.listed}"
    return Table(caption, ("Product", "Now", "With the release"), rows, "No EUPS product differs.")
