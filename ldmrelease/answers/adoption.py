"""What adopting a tree finds and writes."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.pinning import unpinnable_words
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.spellings import PlaceName
from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.adoption.baseline import Baseline
from ldmrelease.services.adoption.model import ProposedEnvironment, ProposedProduct, TreeProposal, Uncovered
from ldmrelease.services.adoption.source import OpenedTree
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.services.releases.pin import Unpinnable


class AdoptedApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An application of the workspace. `settings` are how many scalars or templates of scalars it writes."""

    name: str
    components: tuple[str, ...]
    file: str
    settings: int


class AdoptedEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment in the order of promotion, with its level and the reason for it."""

    name: str
    level: str
    reason: str
    applications: tuple[AdoptedApplication, ...]


class AdoptedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """Images that are tagged together. `grammar` is `pattern` where patterns were made of its tags."""

    name: str
    grammar: str
    components: tuple[str, ...]
    tags: tuple[str, ...]
    reason: str


class NotCovered(msgspec.Struct, frozen=True, kw_only=True):
    """Images that the workspace does not manage, and why; `file` and `line` are where they are decided."""

    reason: str
    image: str | None
    file: str | None
    line: int | None
    places: tuple[str, ...]


class NotReadInTree(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read or rendered; all the rest was. `where` is a file, or the folder of a chart."""

    where: str
    line: int | None
    reason: str
    environment: str | None
    application: str | None


class AdoptionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a tree, and the workspace that was written for it.

    `images` counts those that the tree asks for (containers, where it was rendered), `covered` those that the workspace
    decides. `written` are its files: none where nothing was written. `added` is what a workspace that is there lacks.
    """

    folder: str
    repository: str
    branch: str
    committed: bool
    layout: str
    rendered: bool
    images: int
    covered: int
    environments: tuple[AdoptedEnvironment, ...]
    products: tuple[AdoptedProduct, ...]
    not_covered: tuple[NotCovered, ...]
    not_read: tuple[NotReadInTree, ...]
    written: tuple[str, ...] = ()
    added: str = ""


def adoption_answer(
    folder: str,
    opened: OpenedTree,
    desired: DesiredTree,
    proposal: TreeProposal,
    *,
    written: tuple[str, ...] = (),
    added: str = "",
) -> AdoptionAnswer:
    """What was found, and what was done about it."""
    return AdoptionAnswer(
        folder=folder,
        repository=opened.repository,
        branch=opened.branch,
        committed=opened.committed,
        layout=desired.layout,
        rendered=desired.rendered,
        images=proposal.images,
        covered=proposal.covered,
        environments=tuple(map(_environment, proposal.environments)),
        products=tuple(map(_product, proposal.products)),
        not_covered=tuple(_not_covered(proposal.uncovered)),
        not_read=tuple(
            NotReadInTree(
                where=each.where,
                line=each.line,
                reason=each.reason,
                environment=each.environment,
                application=each.application,
            )
            for each in desired.not_understood
        ),
        written=written,
        added=added,
    )


def _environment(found: ProposedEnvironment) -> AdoptedEnvironment:
    applications = tuple(
        AdoptedApplication(
            name=each.name,
            components=tuple(dict.fromkeys(one.component for one in each.settings)),
            file=each.file,
            settings=len(each.settings),
        )
        for each in found.applications
    )
    return AdoptedEnvironment(
        name=found.name, level=found.level, reason=found.reason, applications=applications
    )


def _product(found: ProposedProduct) -> AdoptedProduct:
    return AdoptedProduct(
        name=found.name,
        grammar=str(found.grammar),
        components=tuple(each.name for each in found.components),
        tags=found.tags,
        reason=found.reason,
    )


def _not_covered(uncovered: Iterable[Uncovered]) -> list[NotCovered]:
    places: dict[tuple[str, str | None, str | None, int | None], Counter[str]] = {}
    for each in uncovered:
        key = (each.reason, each.image.image, each.file, each.line)
        places.setdefault(key, Counter())[f"{each.image.environment}/{each.image.application}"] += 1
    return [
        NotCovered(reason=reason, image=image, file=file, line=line, places=tuple(own))
        for (reason, image, file, line), own in places.items()
    ]


class BaselinePlace(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at a place: how many images, which components have no digest, or why nothing was seen."""

    place: PlaceName
    images: int
    unresolved: tuple[str, ...]
    missed: str | None


class BaselineRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release that runs: whether it is pinned, and if not, why."""

    product: str
    tag: str
    pinned: bool
    problem: str | None


class BaselineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, recorded as found and not decided."""

    places: tuple[BaselinePlace, ...]
    releases: tuple[BaselineRelease, ...]

    @property
    def exit_code(self) -> ExitCode:
        """3 where a place was not seen, as for an observation; what cannot be pinned is told alone."""
        return ExitCode.UNDECIDED if any(each.missed for each in self.places) else ExitCode.OK


def baseline_answer(found: Baseline) -> BaselineAnswer:
    """What was recorded, and what could not be."""
    return BaselineAnswer(
        places=tuple(
            BaselinePlace(
                place=str(each.place),
                images=each.images,
                unresolved=each.unresolved,
                missed=refusal_words(each.missed) if each.missed is not None else None,
            )
            for each in found.places
        ),
        releases=tuple(
            BaselineRelease(
                product=each.product, tag=each.tag, pinned=each.pinned, problem=_problem(each.problem)
            )
            for each in found.releases
        ),
    )


def _problem(why: Unpinnable | Unavailable | None) -> str | None:
    if why is None:
        return None
    return unpinnable_words(why) if isinstance(why, Unpinnable) else refusal_words(why)
