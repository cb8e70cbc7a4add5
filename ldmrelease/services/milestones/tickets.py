"""Tickets in the commits between two releases, as far as their sources are git repositories that can be read."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.release import Component
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.services.needs import EvidenceSources
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.targets.results import RefusedError

if TYPE_CHECKING:
    from ldmrelease.targets.git.git_remote import GitRemote

_TICKET = re.compile(r"(?<![A-Za-z0-9-])[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,9}(?![A-Za-z0-9])")
_COMMIT = "gitCommit:"
_MOST_COMMITS = 10_000
_FIELD, _RECORD = "\x1f", "\x1e"


class Ticket(Struct, frozen=True):
    """A ticket that commits name: the subject of the newest of them, and where. `id` is None of a commit that names
    none.
    """

    id: str | None
    text: str
    component: str
    commit: str


class UnreadRange(Struct, frozen=True):
    """A component whose commits could not be read, and why."""

    component: str
    reason: str


def tickets_between(
    context: EvidenceSources, before: Pinned, after: Pinned
) -> tuple[tuple[Ticket, ...], tuple[UnreadRange, ...]]:
    """The tickets of what was committed after one release, up to another one; each once, the newest first."""
    found: dict[tuple[str, str], Ticket] = {}
    unread = []
    known = {each.name: each for each in before.release.components}
    for each in after.release.components:
        old = known.get(each.name)
        if each.kind is not ComponentKind.CONFIGURATION or old is None or old.digest == each.digest:
            continue
        try:
            for ticket in _of_component(context, old, each):
                found.setdefault((ticket.component, ticket.id or ticket.commit), ticket)
        except (UnavailableError, RefusedError) as error:
            unread.append(UnreadRange(each.name, str(error)))
    return tuple(found.values()), tuple(unread)


def _of_component(context: EvidenceSources, before: Component, after: Component) -> Iterator[Ticket]:
    from ldmrelease.targets.git.git_remote import open_repository  # noqa: PLC0415 - git, where there is a range

    remote = open_repository(after.source, context.workspace.root)
    first, last = (each.digest.removeprefix(_COMMIT) for each in (before, after))
    _fetch(remote, before, after)
    pattern = f"--format=%H{_FIELD}%s{_FIELD}%b{_RECORD}"
    words = ("log", f"--max-count={_MOST_COMMITS}", pattern, "--end-of-options", f"{first}..{last}", "--")
    told = remote.git.run(*words).decode(errors="replace")
    for record in told.split(_RECORD)[:-1]:
        commit, subject, body = record.lstrip("\n").split(_FIELD, 2)
        names = dict.fromkeys(_TICKET.findall(f"{subject}\n{body}"))
        for name in names or [None]:
            yield Ticket(name, subject, after.name, commit)


def _fetch(remote: "GitRemote", *versions: Component) -> None:
    """Have the commits at hand: those of a remote come with their tags. Raises `GitError`."""
    remote.tips([f"refs/tags/{each.spelling}" for each in versions])
