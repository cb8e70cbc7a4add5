"""What a promotion that went through has changed: the release before and after, place by place."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.domain.topology import Application, ComponentKind, Place, Product
from ldmrelease.services.deployments.desired import edits
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.services.promotions.load import Promotion
from ldmrelease.services.promotions.report import place_state
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot


class PlaceChange(Struct, frozen=True):
    """A place that holds something else now.

    before, after: tags of releases, or what the settings said where that is no release's; None where there is nothing,
    or, in a menu, always. state: as in a report, `promoted`, `scaled-to-zero` or `scheduled`. dropped: what a menu
    let go. written: whether the place said something else before.
    """

    place: Place
    intent: Intent
    before: str | None
    after: str | None
    state: str
    alias: str | None = None
    menu: bool = False
    dropped: tuple[str, ...] = ()
    written: bool = True


def changes_of(context: ReleaseLookup, promotion: Promotion) -> tuple[PlaceChange, ...]:
    """The changes of a promotion that succeeded."""
    return tuple(_changes(context, promotion))


def _changes(context: ReleaseLookup, promotion: Promotion) -> Iterator[PlaceChange]:
    plan, journal = promotion.plan, promotion.journal
    product = context.topology.product(plan.product)
    for each in plan.places:
        state = place_state(each, journal)
        if plan.intent is Intent.RETIRE:
            yield PlaceChange(each.place, plan.intent, plan.tag, None, state)
            continue
        before_here = journal.before.get(str(each.place), {})
        application = context.topology.application(each.place)
        if plan.intent is not Intent.ALIAS and application is not None and _keeps_many(application):
            yield _menu_change(promotion, application, before_here, state)
            continue
        found = () if product is None else _releases(context, product, before_here.values())
        before = ", ".join(dict.fromkeys(found)) or None
        yield PlaceChange(
            each.place,
            plan.intent,
            before,
            plan.tag,
            state,
            promotion.request.alias,
            written=before != plan.tag,
        )


def _keeps_many(application: Application) -> bool:
    return application.target.capabilities.keeps_many


def _menu_change(
    promotion: Promotion, application: Application, before: Mapping[str, Any], state: str
) -> PlaceChange:
    """What came into a menu and what it let go, by the lists of its settings before and after."""
    plan = promotion.plan
    then = Snapshot("", "", registry.values_from_plain(before), {})
    after = edits(application.target, promotion.pinned.release, plan.intent, None, then)
    changed = {} if isinstance(after, Refusal) else after
    dropped = [tag for path, value in changed.items() for tag in _gone(then.values.get(path), value)]
    return PlaceChange(
        application.place,
        plan.intent,
        None,
        plan.tag,
        state,
        menu=True,
        dropped=tuple(dropped),
        written=any(then.values.get(path) != value for path, value in changed.items()),
    )


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
    return own[-1] if own else None
