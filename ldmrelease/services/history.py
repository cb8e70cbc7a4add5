"""History of a place or a release: what ran there and when, by signed observations (design section 2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ldmrelease.audit.residences import PROJECTION
from ldmrelease.domain.places import Place
from ldmrelease.services.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Residence:
    """An image at a place over a time. `ended` is None while it is there.

    `intervals` are the stretches that were seen without a gap: what lies between them is unobserved.
    """

    place: str
    product: str
    component: str
    spelling: str
    digest: str
    release: str | None
    first: str
    last: str
    observed: int
    intervals: tuple[tuple[str, str], ...]
    ended: str | None
    gone: str | None


def history(
    bench: Workbench,
    *,
    place: Place | None = None,
    environment: str | None = None,
    product_tag: str | None = None,
) -> list[Residence]:
    """The residences of a place, of an environment, or of a release (`product/tag`), oldest first."""
    found = [_residence(bench, each) for each in _states(bench)]
    chosen = [
        each
        for each in found
        if (place is None or each.place == str(place))
        and (environment is None or each.place.startswith(environment + "/"))
        and (product_tag is None or each.release == product_tag)
    ]
    return sorted(chosen, key=lambda each: (each.first, each.place, each.component, each.spelling))


def _states(bench: Workbench) -> Iterator[dict[str, Any]]:
    for prefix in ("residence-ended/", "residence/"):
        yield from bench.ledger.states(PROJECTION, prefix).values()


def _residence(bench: Workbench, state: dict[str, Any]) -> Residence:
    names = bench.ledger.state("digests", state["release"]) if state["release"] else None
    return Residence(
        place=f"{state['environment']}/{state['application']}",
        product=state["product"],
        component=state["component"],
        spelling=state["spelling"],
        digest=state["digest"],
        release=names[-1] if names else None,
        first=state["first"],
        last=state["last"],
        observed=state["observed"],
        intervals=tuple((start, end) for start, end in state["intervals"]),
        ended=state.get("ended"),
        gone=state.get("gone"),
    )


def previous_release(bench: Workbench, place: Place, product: str) -> str | None:
    """The tag that ran at a place before what runs there now: what a rollback goes back to by default."""
    ended = [
        each
        for each in history(bench, place=place)
        if each.ended == "replaced" and each.release is not None and each.product == product
    ]
    if not ended:
        return None
    newest = max(ended, key=lambda each: each.gone or "")
    return (newest.release or "").partition("/")[2]
