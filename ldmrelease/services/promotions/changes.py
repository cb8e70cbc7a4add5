"""What a promotion changes or has changed: the release before and after, place by place."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.tags import order_key, parse, tag_pattern_match
from ldmrelease.domain.targets import MenuTarget
from ldmrelease.domain.topology import Application, ComponentKind, Place, Product
from ldmrelease.services.deployments.desired import desired_edits, edits, snapshot
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import AliasLookup, ReleaseLookup
from ldmrelease.services.promotions.load import Promotion
from ldmrelease.services.promotions.report import place_state
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot, Value

PLANNED = "planned"
_KEPT_BESIDE = (Intent.PROMOTE, Intent.ROLLBACK)
"""What a menu keeps beside what was there."""


class PlaceChange(Struct, frozen=True):
    """A place that holds something else now.

    before, after: tags of releases, or what the settings said where that is no release's; None where there is nothing,
    or, in a menu, always. state: as in a report, `promoted`, `scaled-to-zero` or `scheduled`; `PLANNED` before
    anything is done. dropped: what a menu lets go. sets: which keys of a menu say something else, besides its
    releases; dropdown: what its drop-down menu says by itself. written: whether the place said something else before.
    older: whether a release of the same kind that comes later in its order was there. revisions: of the same tag before
    and after, where it was pinned again with other images.
    """

    place: Place
    intent: Intent
    before: str | None
    after: str | None
    state: str
    alias: str | None = None
    menu: bool = False
    dropped: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    dropdown: tuple[str, ...] = ()
    written: bool = True
    older: bool = False
    revisions: tuple[int, int] | None = None


def changes_of(context: ReleaseLookup, promotion: Promotion) -> tuple[PlaceChange, ...]:
    """The changes of a promotion that succeeded."""
    return tuple(_changes(context, promotion))


def planned_changes(context: AliasLookup, spec: PromotionSpec, plan: Plan) -> tuple[PlaceChange, ...]:
    """What a request would change at the places of its plan, in its order, by what is written there now."""
    return tuple(_planned(context, spec, each.place) for each in plan.places)


def _planned(context: AliasLookup, spec: PromotionSpec, place: Place) -> PlaceChange:
    application, release = context.topology.application(place), spec.pinned.release
    there = snapshot(context, application) if application is not None else None
    values = there.values if isinstance(there, Snapshot) else {}
    wanted = desired_edits(spec, application, there) if application and isinstance(there, Snapshot) else {}
    # What a plan was made for can be written: what cannot be read by now is told by the step that writes.
    changed: Mapping[str, Value] = {} if isinstance(wanted, Refusal) else wanted
    before = {path: values[path] for path in changed if path in values}
    asked = _Asked(spec.intent, release.product, release.tag, spec.alias, spec.pinned.digest)
    planned = _place_change(context, asked, application, place, before, changed, PLANNED)
    if (
        application is None
        or not isinstance(application.target, MenuTarget)
        or not isinstance(there, Snapshot)
    ):
        return planned
    beside = registry.menu_change(application.target, there, changed)
    return replace(planned, sets=beside.sets, dropdown=beside.dropdown)


def _changes(context: ReleaseLookup, promotion: Promotion) -> Iterator[PlaceChange]:
    plan, journal = promotion.plan, promotion.journal
    asked = _Asked(plan.intent, plan.product, plan.tag, promotion.request.alias, plan.release)
    for each in plan.places:
        application = context.topology.application(each.place)
        before = registry.values_from_plain(journal.before.get(str(each.place), {}))
        then = Snapshot("", "", before, {})
        after = (
            edits(application.target, promotion.pinned.release, plan.intent, asked.alias, then)
            if application is not None and plan.intent in _KEPT_BESIDE
            else {}
        )
        changed: Mapping[str, Value] = {} if isinstance(after, Refusal) else after
        state = place_state(each, journal)
        yield _place_change(context, asked, application, each.place, before, changed, state)


class _Asked(Struct, frozen=True):
    """What was asked for."""

    intent: Intent
    product: str
    tag: str
    alias: str | None
    release: str


def _place_change(
    context: ReleaseLookup,
    asked: _Asked,
    application: Application | None,
    place: Place,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    state: str,
) -> PlaceChange:
    if asked.intent is Intent.RETIRE:
        return PlaceChange(place, asked.intent, asked.tag, None, state)
    written = any(before.get(path) != value for path, value in after.items())
    if asked.intent in _KEPT_BESIDE and application is not None and _keeps_many(application):
        dropped = [tag for path, value in after.items() for tag in _gone(before.get(path), value)]
        return PlaceChange(
            place,
            asked.intent,
            None,
            asked.tag,
            state,
            menu=True,
            dropped=tuple(dropped),
            written=written,
        )
    product = context.topology.product(asked.product)
    found = () if product is None else _releases(context, product, before.values())
    named = ", ".join(dict.fromkeys(found)) or None
    if not after:
        written = named != asked.tag
    revisions = _revisions(context, asked, before.values()) if written and named == asked.tag else None
    if after and written and named == asked.tag and revisions is None:
        # Its tag and something beside it, such as a digest that is none.
        changed = (str(before[path]) for path, value in after.items() if before.get(path, value) != value)
        named = ", ".join(dict.fromkeys(changed)) or None
    older = product is not None and named is not None and _is_older(product, asked.tag, named)
    return PlaceChange(
        place,
        asked.intent,
        named,
        asked.tag,
        state,
        asked.alias,
        written=written,
        older=older,
        revisions=revisions,
    )


def _revisions(context: ReleaseLookup, asked: _Asked, before: Iterable[Value]) -> tuple[int, int] | None:
    """Which revision of the tag was there, by the digests that were written, and which one is asked for."""
    digests = {text.rpartition("@")[2] for text in before if isinstance(text, str) and "sha256:" in text}
    pins = [each.body for each in context.pins.revisions(asked.product, asked.tag)]
    was = [each.revision for each in pins if digests and digests <= {*each.digests}]
    now = next((each.revision for each in pins if each.digest == asked.release), None)
    return (was[0], now) if len(was) == 1 and now is not None and was[0] != now else None


def _is_older(product: Product, tag: str, before: str) -> bool:
    new, old = parse(tag, product.grammar, product.aliases), parse(before, product.grammar, product.aliases)
    orders = order_key(new), order_key(old)
    if None in orders or (new.kind, new.group) != (old.kind, old.group):
        return False
    return (orders[0] or ()) < (orders[1] or ())


def _keeps_many(application: Application) -> bool:
    return application.target.capabilities.keeps_many


def _gone(before: Any, after: Any) -> list[str]:
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return []
    return [str(each) for each in before if each not in after]


def _releases(context: ReleaseLookup, product: Product, values: Iterable[Any]) -> Iterator[str]:
    """What single settings said before; the lists of a menu keep what was in them."""
    for value in values:
        text = value if isinstance(value, str) else ""
        if text:
            yield _by_tag(product, text) or _by_digest(context, product, text) or text


def _by_tag(product: Product, text: str) -> str | None:
    tag = text.partition("@")[0].rpartition("/")[2].rpartition(":")[2]
    sources = [each for each in product.components if each.kind is ComponentKind.IMAGE]
    parsed = (tag_pattern_match(each.spelling, tag, product.grammar) for each in sources)
    return next((each.name for each in parsed if each is not None and each.name is not None), None)


def _by_digest(context: ReleaseLookup, product: Product, text: str) -> str | None:
    digest = text.rpartition("@")[2]
    names = context.pins.names_of(digest) if digest.startswith("sha256:") else []
    own = [each.partition("/")[2] for each in names if each.startswith(f"{product.name}/")]
    return own[0] if own else None
