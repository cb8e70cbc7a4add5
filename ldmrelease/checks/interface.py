"""What a kind of check has to offer: what it needs before a run, the run, and what is left of it.

Each kind is a module of `kinds` with these functions and `TRAITS`, named in `registry`; `tests/unit/checks/contract.py`
says how one behaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ldmrelease.checks.job.templates import ImageRun
    from ldmrelease.checks.outcome import RunOutcome
    from ldmrelease.cluster.client.api import Api
    from ldmrelease.cluster.client.errors import Forbidden
    from ldmrelease.domain.errors import Unavailable
    from ldmrelease.domain.events.evidence import RunRegistration
    from ldmrelease.domain.topology import Check

Right = tuple[str, str, str]
"""A verb, the collection of objects it is needed for, and the object's name where it is known."""


class Traits(Struct, frozen=True):
    """What is said of every check of a kind.

    run_by_us: the program runs it; else somebody else signs its result.
    has_command: it needs a command of its own. runs_image: in an image, by a template; else without one.
    in_cluster: where the release runs, in a namespace of its own there.
    about_place: it is about what runs at the place, which has to stand still meanwhile; else about the release alone.
    """

    run_by_us: bool = True
    has_command: bool = False
    runs_image: bool = False
    in_cluster: bool = False
    about_place: bool = False


class ClusterNeeds(Struct, frozen=True):
    """What a check needs of its cluster: a namespace, and rights there."""

    namespace: str
    rights: tuple[Right, ...]


class CheckRun(Struct, frozen=True):
    """One registered run, and what it is run with.

    folder: the workspace's. place: for messages. variables: what the run is told, by environment variables.
    image: makes the run in its image, as the place pulls it, or from where it was pinned; or says why there is none.
    left: how many seconds there are until its deadline. api: opens the cluster of the place, None where it has none.
    waits: told what is waited for. beat: called every `beat_every` seconds or so while it is waited for.
    """

    check: Check
    run: str
    place: str
    folder: Path
    variables: dict[str, str]
    image: Callable[[bool], ImageRun | RunOutcome]
    left: Callable[[], float]
    api: Callable[[], Api] | None
    waits: Callable[[str], None]
    beat: Callable[[], None]
    beat_every: float


class ExecutedRun(Struct, frozen=True):
    """What came of it; `then` removes what the run has left, once its result is recorded. `image` is the one that
    was run, by digest."""

    ran: RunOutcome
    then: Callable[[], None] | None = None
    image: str | None = None


class Leftovers(Struct, frozen=True):
    """What a promotion may have left at a place.

    checks: those of one kind whose steps have begun. runs: all that the promotion has registered, anywhere.
    api: opens the cluster of the place, None where it has none. kept: told what we may not delete: the resource, its
    namespace and the error.
    """

    checks: tuple[Check, ...]
    runs: tuple[RunRegistration, ...]
    promotion: str
    environment: str
    api: Callable[[], Api] | None
    kept: Callable[[str, str, Forbidden], None]


class CheckKind(Protocol):
    """A kind of check."""

    TRAITS: Traits

    def cluster_needs(self, check: Check, /) -> ClusterNeeds | None:
        """What it needs of the place's cluster before a run; None where it needs none."""

    def is_ready(self, api: Api, needs: ClusterNeeds, /) -> bool:
        """Whether the namespace is there. Raises `ClusterError`."""

    def run(self, this: CheckRun, /) -> ExecutedRun | Unavailable:
        """Run it, or adopt what an earlier try of the same run has started; judged by its message alone.

        `Unavailable`: who has to be asked could not be, and a later try finds what was started.
        """

    def clean_up(self, left: Leftovers, /) -> None:
        """Remove what recorded runs have left. Raises `ClusterError`."""
