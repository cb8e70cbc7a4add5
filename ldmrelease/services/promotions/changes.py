"""What a promotion changes or has changed: the release before and after, place by place."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.tags import grammar_of, order_key, parse, tag_pattern_match
from ldmrelease.domain.tags.tag import Tag
from ldmrelease.domain.targets import MenuTarget
from ldmrelease.domain.topology import Application, ComponentKind, Place, Product
from ldmrelease.services.deployments.desired import after as after_edits
from ldmrelease.services.deployments.desired import desired_edits, edits, said_images, snapshot
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import AliasLookup, ReleaseLookup
from ldmrelease.services.promotions.load import Promotion
from ldmrelease.services.promotions.rendered_images import RenderedImages
from ldmrelease.services.promotions.report import place_state
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot, Value

PLANNED = "planned"
_KEPT_BESIDE = (Intent.PROMOTE, Intent.ROLLBACK)
"""What a menu keeps beside what was there."""


class ImageChange(Struct, frozen=True):
    """A component whose image is another one: what its setting said and says, put together from all its parts (a tag, a
    digest, both, or what names none); None where nothing was there."""

    component: str
    before: str | None
    after: str | None


class PlaceChange(Struct, frozen=True):
    """A place that holds something else now.

    before, after: tags of releases, or what the settings said where that is no release's; None where there is nothing,
    or, in a menu, always. state: as in a report, `promoted`, `scaled-to-zero` or `scheduled`; `PLANNED` before
    anything is done. dropped: what a menu lets go. sets: which keys of a menu say something else, besides its
    releases; dropdown: what its drop-down menu says by itself. written: whether the place said something else before.
    older: whether a release of the same kind that comes later in its order was there. images: the components whose
    image is another one. unrendered: what of the place's tree was not rendered, each a folder or file and why, so that
    its settings alone say what would be there.
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
    images: tuple[ImageChange, ...] = ()
    unrendered: tuple[tuple[str, str], ...] = ()


def changes_of(context: ReleaseLookup, promotion: Promotion) -> tuple[PlaceChange, ...]:
    """The changes of a promotion that succeeded."""
    return tuple(_changes(context, promotion))


def planned_changes(context: AliasLookup, spec: PromotionSpec, plan: Plan) -> tuple[PlaceChange, ...]:
    """What a request would change at the places of its plan, in its order, by what is written there now."""
    rendered = RenderedImages(context, spec.pinned.release, os.environ)
    return tuple(_planned(context, spec, each.place, rendered) for each in plan.places)


def _planned(
    context: AliasLookup, spec: PromotionSpec, place: Place, rendered: RenderedImages
) -> PlaceChange:
    application, release = context.topology.application(place), spec.pinned.release
    there = snapshot(context, application) if application is not None else None
    values = there.values if isinstance(there, Snapshot) else {}
    wanted = desired_edits(spec, application, there) if application and isinstance(there, Snapshot) else {}
    # What a plan was made for can be written: what cannot be read by now is told by the step that writes.
    changed: Mapping[str, Value] = {} if isinstance(wanted, Refusal) else wanted
    before = {path: values[path] for path in changed if path in values}
    asked = _Asked(spec.intent, release.product, release.tag, spec.alias)
    images: _Images = ({}, {})
    if application is not None and isinstance(there, Snapshot):
        images = (
            said_images(application.target, there),
            said_images(application.target, after_edits(there, changed)),
        )
    planned = _place_change(context, asked, application, place, before, changed, PLANNED, images)
    if application is not None and isinstance(there, Snapshot):
        # It was rendered for the plan: the same again is known.
        found = rendered.settings(application, there, changed)
        missed = tuple((each.where, each.reason) for each in getattr(found, "unrendered", ()))
        planned = replace(planned, unrendered=missed)
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
    asked = _Asked(plan.intent, plan.product, plan.tag, promotion.request.alias)
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
        state, name = place_state(each, journal), str(each.place)
        images = journal.images.get(name, {}), journal.written_images.get(name, {})
        yield _place_change(context, asked, application, each.place, before, changed, state, images)


class _Asked(Struct, frozen=True):
    """What was asked for."""

    intent: Intent
    product: str
    tag: str
    alias: str | None


_Images = tuple[Mapping[str, str], Mapping[str, str]]
"""Those that the settings of a place say before and after, by component."""


def _place_change(
    context: ReleaseLookup,
    asked: _Asked,
    application: Application | None,
    place: Place,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    state: str,
    images: _Images,
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
    there, then = images
    named = release_of_images(context, product, asked.tag, there) if product is not None else None
    if not after:
        written = named != asked.tag
    elif written and named == asked.tag and not image_changes(there, then):
        # Its images, and something beside them.
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
        images=image_changes(there, then),
    )


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


def image_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[ImageChange, ...]:
    """The components whose image is another one, by name."""
    names = sorted({*after, *before})
    return tuple(
        ImageChange(each, before.get(each), after.get(each))
        for each in names
        if before.get(each) != after.get(each)
    )


def release_of_images(
    context: ReleaseLookup, product: Product, asked: str, images: Mapping[str, str]
) -> str | None:
    """The tag of the release that a product's images are of; several tags, where they are of several.

    asked: the tag that is promoted. Builds of one cycle are the cycle, where a cycle is asked for or there are several.
    """
    named = dict.fromkeys(_names(context, product, images))
    builds = grammar_of(product.grammar).BUILDS
    if builds is not None and (len(named) > 1 or builds.of(_tag(product, asked)) is None):
        cycles = dict.fromkeys(builds.of(_tag(product, each)) or each for each in named)
        named = cycles if len(cycles) == 1 else named
    return ", ".join(named) or None


def _tag(product: Product, text: str) -> Tag:
    return parse(text, product.grammar, product.aliases)


def _names(context: ReleaseLookup, product: Product, images: Mapping[str, str]) -> Iterator[str]:
    for component in product.components:
        text = images.get(component.name)
        if component.kind is ComponentKind.IMAGE and text is not None:
            found = tag_pattern_match(component.spelling, text.partition("@")[0], product.grammar)
            named = found.name if found is not None else None
            yield named or _by_digest(context, product, text) or text


def _by_digest(context: ReleaseLookup, product: Product, text: str) -> str | None:
    digest = text.rpartition("@")[2]
    names: Iterable[str] = context.pins.names_of(digest) if digest.startswith("sha256:") else []
    return next((each.partition("/")[2] for each in names if each.startswith(f"{product.name}/")), None)
