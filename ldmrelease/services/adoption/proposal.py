"""A workspace for a tree: what it asks for, its products and environments, and what stays outside."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ldmrelease.services.adoption.levels import LEVELS, EnvironmentLevel, level_of
from ldmrelease.services.adoption.menus import with_menus
from ldmrelease.services.adoption.model import (
    FoundSelector,
    ProposedApplication,
    ProposedEnvironment,
    ProposedProduct,
    ProposedSetting,
    ScalarAddress,
    TreeProposal,
    Uncovered,
)
from ldmrelease.services.adoption.products import CYCLE_PRODUCT, products_of
from ldmrelease.services.adoption.selectors import CYCLE, Selectors
from ldmrelease.services.adoption.writable import Writable
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import TreeImage
from ldmrelease.trees.scalar_addresses import Addresses

_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100
_NO_GRAMMAR = "its tag {!r} is in no grammar; write a pattern for it"
_SHARED = "{} of {} decides a part of it, and of {}"
_TWO = "{} of {} decides {} too, which is another product"
SHARED = "shared"
"""The environment of what is decided for several at once."""
_SHARED_REASON = "what the tree decides for several environments at once"


def propose(
    tree: Tree, desired: DesiredTree, levels: Mapping[str, str], environments: Collection[str] = ()
) -> TreeProposal:
    """A workspace for a tree. levels: those of environments that somebody has said; environments: those that it is
    about, all where none is named. What decides an image there and elsewhere is told by all that `desired` has."""
    decided = Selectors(Addresses(tree)).of(desired.images)
    uncovered = [each for _, each in decided if isinstance(each, Uncovered)]
    selected = [(image, each) for image, each in decided if isinstance(each, FoundSelector)]
    products, unread = products_of([each for _, each in selected])
    homes = {one.repository: f"{each.name}/{one.name}" for each in products for one in each.components}
    kept: list[tuple[TreeImage, FoundSelector]] = []
    writable = Writable(tree, [each for _, each in selected])
    for image, each in selected:
        fault = writable.fault(each)
        if fault is not None:
            uncovered.append(_left_out(image, fault))
        elif each.repository not in homes or each.tag in unread.get(each.repository, ()):
            uncovered.append(_left_out(image, _NO_GRAMMAR.format(each.tag)))
        else:
            kept.append((image, each))
    kept, clashing = _without_clashes(kept, homes)
    uncovered += clashing
    wanted = frozenset(environments or desired.environments)
    images = _count(desired, (each for each in desired.images if each.environment in wanted))
    uncovered = [each for each in uncovered if each.image.environment in wanted]
    kept = [(image, each) for image, each in kept if image.environment in wanted]
    sites = [each for each in _in_order(desired, levels) if each[0] in wanted]
    if any(each.environment == SHARED for _, each in kept):
        # Whoever changes them all does to the last one what is asked for there.
        sites.append((SHARED, EnvironmentLevel(sites[-1][1].level, _SHARED_REASON, 0)))
    names = _environment_names(name for name, _ in sites)
    found = tuple(
        replace(
            _environment(name, level, [each for _, each in kept if each.environment == name], homes),
            name=names[name],
        )
        for name, level in sites
    )
    used = {each.repository for _, each in kept}
    menus = [each for each in desired.menus if each.environment in wanted]
    found, of_all = with_menus(found, tuple(_used(products, used)), menus)
    return TreeProposal(of_all, found, tuple(uncovered), images, _count(desired, (each for each, _ in kept)))


def _count(desired: DesiredTree, images: Iterable[TreeImage]) -> int:
    """How many images there are: what a base of Kustomize's decides for several overlays is one."""
    if desired.layout == "phalanx":
        return sum(1 for _ in images)
    found: Counter[tuple[object, ...]] = Counter()
    places: dict[tuple[object, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    for each in images:
        scalars = tuple((part.file, part.line, part.path) for part in each.parts)
        key = (each.image, each.kind, each.name, each.container, scalars)
        places[key][each.environment, each.application] += 1
        found[key] = max(places[key].values())
    return sum(found.values())


def environment_levels(desired: DesiredTree, levels: Mapping[str, str]) -> dict[str, EnvironmentLevel]:
    """The level of each environment of a tree."""
    of_rubin = desired.layout == "phalanx"
    return {each: level_of(each, of_rubin=of_rubin, asked=levels) for each in desired.environments}


def _in_order(desired: DesiredTree, levels: Mapping[str, str]) -> list[tuple[str, EnvironmentLevel]]:
    found = environment_levels(desired, levels).items()
    known = [each.level for _, each in found]
    ladder = [*LEVELS, *sorted(set(known) - set(LEVELS))]
    return sorted(found, key=lambda each: (ladder.index(each[1].level), each[1].rank, each[0]))


def _used(products: Iterable[ProposedProduct], used: set[str]) -> Iterable[ProposedProduct]:
    for each in products:
        own = tuple(one for one in each.components if one.repository in used)
        if own:
            yield replace(each, components=own)


def _left_out(image: TreeImage, reason: str) -> Uncovered:
    last = image.parts[-1] if image.parts else None
    return Uncovered(image, reason, last.file if last else None, last.line if last else None)


def _without_clashes(
    kept: Sequence[tuple[TreeImage, FoundSelector]], homes: Mapping[str, str]
) -> tuple[list[tuple[TreeImage, FoundSelector]], list[Uncovered]]:
    """Without what would write a scalar that decides something else too; what decides an image in several environments
    is of the environment that stands for them all."""
    readers: dict[ScalarAddress, dict[FoundSelector, None]] = defaultdict(dict)
    for _, each in kept:
        for address in _own_addresses(each):
            readers[address][each] = None
    fine: list[tuple[TreeImage, FoundSelector]] = []
    left: list[Uncovered] = []
    for image, each in kept:
        read = {one: readers[one] for one in _own_addresses(each)}
        others = [other for own in read.values() for other in own]
        reason = next(filter(None, (_clash(each, one, own, homes) for one, own in read.items())), None)
        if reason is not None:
            left.append(_left_out(image, reason))
        elif len({_place(other) for other in others}) > 1:
            everywhere = {other.environment for other in others}
            home = SHARED if len(everywhere) > 1 else each.environment
            fine.append((image, replace(each, environment=home, application=others[0].application)))
        else:
            fine.append((image, each))
    return fine, left


def _clash(
    selector: FoundSelector,
    address: ScalarAddress,
    readers: Iterable[FoundSelector],
    homes: Mapping[str, str],
) -> str | None:
    """Why a scalar cannot be written for this image: what else reads it is of another product, or made otherwise."""
    product = homes[selector.repository].partition("/")[0]
    for each in readers:
        home = homes[each.repository]
        if home.partition("/")[0] != product:
            return _TWO.format(address.path, address.file, home)
        if each.parts != selector.parts and _place(each) != _place(selector):
            return _SHARED.format(address.path, address.file, _place(each))
    return None


def _own_addresses(selector: FoundSelector) -> list[ScalarAddress]:
    """What it alone may write: the cycle of an environment is written by all that are of it, in one commit."""
    return [
        each.addresses[0] for each in selector.parts if selector.template != CYCLE or each.name != "cycle"
    ]


def _place(selector: FoundSelector) -> str:
    return f"{selector.environment}/{_application_of(selector)}"


def _application_of(selector: FoundSelector) -> str:
    """The application of the workspace: all that is of a cycle is decided and written as one."""
    name = CYCLE_PRODUCT if selector.template == CYCLE else selector.application
    return _workspace_name(name, "all")


def _workspace_name(text: str, otherwise: str) -> str:
    """The name that a workspace can have for what a tree calls something else."""
    return _NAME.sub("-", text).lstrip("._-")[:_LONGEST_NAME].rstrip("-.") or otherwise


def _environment_names(names: Iterable[str]) -> dict[str, str]:
    """What the workspace calls each environment: the ones whose names it can have keep them."""
    names = list(names)
    found = {each: each for each in names if _workspace_name(each, "environment") == each}
    for each in names:
        name = _workspace_name(each, "environment")
        free = (name, *(f"{name[: _LONGEST_NAME - 4]}-{number}" for number in range(2, 1000)))
        found.setdefault(each, next(one for one in free if one not in found.values()))
    return found


def _environment(
    name: str, level: EnvironmentLevel, selectors: Sequence[FoundSelector], homes: Mapping[str, str]
) -> ProposedEnvironment:
    by_application: dict[str, dict[tuple[object, ...], ProposedSetting]] = defaultdict(dict)
    for each in selectors:
        setting = ProposedSetting(homes[each.repository], each)
        by_application[_application_of(each)].setdefault((setting.component, each.written), setting)
    applications = tuple(
        ProposedApplication(application, _main_file(own.values()), tuple(_composed(own.values())))
        for application, own in sorted(by_application.items())
    )
    return ProposedEnvironment(name, level.level, level.reason, applications)


def _composed(settings: Collection[ProposedSetting]) -> Iterator[ProposedSetting]:
    """The settings, those that write one tag for several components as parts: parts may be shared."""
    written = Counter(each.selector.written for each in settings)
    for each in settings:
        selector = each.selector
        if written[selector.written] > 1 and selector.template is None and selector.writes == "tag":
            yield ProposedSetting(each.component, replace(selector, template="{tag}"))
        else:
            yield each


def _main_file(settings: Iterable[ProposedSetting]) -> str:
    """The file that most settings are in."""
    files = Counter(address.file for each in settings for address in each.selector.written)
    return min(files, key=lambda each: (-files[each], each))
