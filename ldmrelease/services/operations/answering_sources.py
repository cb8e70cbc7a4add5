"""Which registries and source repositories answer: all are asked at once, so that those that are away cost one wait."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.images import Carrier, Reference, parse_reference
from ldmrelease.domain.topology import ComponentKind, Topology
from ldmrelease.registry.errors import RegistryError, RegistryUnreachable
from ldmrelease.registry.opening import Registries
from ldmrelease.services.deployments.concurrency import Job, run_concurrently
from ldmrelease.services.needs import Diagnosing
from ldmrelease.services.progress import Progress
from ldmrelease.sources import git_tags

MOST = 32
"""So many hosts are asked at the same time."""

Answer = UnavailableError | str
"""Why there is no answer, or what is said of it where there is one."""


def asked_images(
    context: Diagnosing, seconds: float, progress: Progress
) -> Iterator[tuple[str, Answer | None]]:
    """Each repository of images, and what came of asking it: None where nothing did within so many seconds.

    A host is asked by one thread, and no further for what is there once it is not to be reached.
    """
    topology = context.topology
    sources = list(dict.fromkeys((context.workspace.releases, *_sources(topology, ComponentKind.IMAGE))))
    hosts: dict[str, list[str]] = {}
    for each in sources:
        hosts.setdefault(_host(parse_reference(each)), []).append(each)
    registries = context.registries
    jobs: dict[str, Job[str, Answer]] = {
        host: partial(_ask_host, registries, own) for host, own in hosts.items()
    }
    yield from _heard(jobs, sources, seconds, progress)


def asked_configurations(
    context: Diagnosing, seconds: float, progress: Progress
) -> Iterator[tuple[str, Answer | None]]:
    """Each repository that configurations come from, likewise."""
    sources = list(dict.fromkeys(_sources(context.topology, ComponentKind.CONFIGURATION)))
    jobs: dict[str, Job[str, Answer]] = {
        each: partial(_ask_tags, each, context.located(each)) for each in sources
    }
    yield from _heard(jobs, sources, seconds, progress)


def _heard(
    jobs: Mapping[str, Job[str, Answer]], sources: Sequence[str], seconds: float, progress: Progress
) -> Iterator[tuple[str, Answer | None]]:
    answered: list[str] = []

    def told(source: str, _answer: Answer) -> None:
        answered.append(source)
        progress("answered", {"answered": len(answered), "of": len(sources)})

    heard = run_concurrently(jobs, seconds, most=MOST, told=told)
    return ((each, heard.get(each)) for each in sources)


def _ask_host(registries: Registries, sources: Iterable[str], tell: Callable[[str, Answer], None]) -> None:
    away: RegistryUnreachable | None = None
    for each in sources:
        if away is not None:
            tell(each, away)
            continue
        try:
            # Any tag would do: whether it is there is an answer, too.
            registries.open(parse_reference(each)).resolve("latest")
        except RegistryUnreachable as error:
            away = error
            tell(each, error)
        except RegistryError as error:
            tell(each, error)
        else:
            tell(each, "answers")


def _ask_tags(source: str, located: str, tell: Callable[[str, Answer], None]) -> None:
    try:
        tell(source, f"{len(git_tags.tags(located))} tags")
    except git_tags.SourceUnavailable as error:
        tell(source, error)


def _sources(topology: Topology, kind: ComponentKind) -> Iterator[str]:
    return (each.source for product in topology.products for each in product.components if each.kind is kind)


def _host(reference: Reference) -> str:
    return reference.repository if reference.carrier is Carrier.LAYOUT else reference.registry
