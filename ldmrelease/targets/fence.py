"""The fence of a place: which ledger and which promotion may write there (two ledgers; late holders).

It is a ref beside the configuration that holds a chain of small commits. Every write moves the branch and the
fence together, each only from where it was seen: whoever comes late fails at the first write.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.topology import Place
from ldmrelease.targets.git.commits import NewObjects, Note, TreeEntry
from ldmrelease.targets.git.repository import Git, read_blob
from ldmrelease.targets.results import RefusedError

FILE = "fence.json"
_REF_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|lock$|$))*")


class Fence(Struct, frozen=True):
    """The checkpoint of a ledger, as its holder left it.

    ledger, genesis: the ledger's UUID and the hash of its first event.
    size, head: how many events it had, and the hash of the last of them.
    promotion, epoch: who claims the place, and the sequence of the event that claimed it.
    """

    ledger: str
    genesis: str
    size: int
    head: str
    promotion: str
    epoch: int


def _nothing(_: Fence) -> bool:
    return False


class WriteGrant(Struct, frozen=True):
    """Our right to write at a place, and what the commit says.

    fence: what the fence holds when we have written.
    extends: whether our ledger holds a fence's checkpoint: that its event number `size` has the hash `head`.
    supersedes: whether our ledger was begun anew knowing this very fence of a lost one.
    """

    place: Place
    fence: Fence
    extends: Callable[[Fence], bool]
    note: Note
    supersedes: Callable[[Fence], bool] = _nothing


def fence_ref(place: Place) -> str:
    """The ref of a place's fence. Raises `Refused` (`no-ref`) for names that git cannot have in a ref."""
    for part in (place.environment, place.application):
        if not _REF_PART.fullmatch(part):
            raise RefusedError("no-ref", found=part)
    return f"refs/ldmrelease/{place.environment}/{place.application}"


def fence_at(git: Git, revision: str) -> Fence:
    """The fence that a commit holds. Raises `Refused` (`bad-fence`) for what we did not write."""
    try:
        return canonical.decode(read_blob(git, revision, FILE).content, Fence)
    except canonical.NotCanonical as error:
        raise RefusedError("bad-fence", revision=revision, found=str(error)) from None


def fences_at(git: Git, revisions: Sequence[str]) -> dict[str, Fence]:
    """The fences that commits hold; what we did not write is left out."""
    found = {}
    for revision in revisions:
        with suppress(RefusedError):
            found[revision] = fence_at(git, revision)
    return found


def check(found: Fence | None, grant: WriteGrant) -> None:
    """Raise `Refused` unless the holder of `grant` may write over the fence that was found.

    `other-ledger`: the place belongs to another ledger, which ours was not begun in place of.
    `ledger-behind`: ours does not hold what the fence
    saw (a copy, or a cut tail). `fenced`: somebody has claimed the place since.
    """
    if found is None:
        return
    ours = grant.fence
    values = {"place": str(grant.place), "promotion": found.promotion, "epoch": found.epoch}
    if (found.ledger, found.genesis) != (ours.ledger, ours.genesis):
        if grant.supersedes(found):
            return
        raise RefusedError("other-ledger", **values, found=found.ledger, expected=ours.ledger)
    if not grant.extends(found):
        raise RefusedError("ledger-behind", **values, found=found.size, expected=ours.size)
    if found.epoch > ours.epoch or (found.epoch == ours.epoch and found.promotion != ours.promotion):
        raise RefusedError("fenced", **values, expected=ours.epoch)


def next_fence(git: Git, objects: NewObjects, old: str | None, fence: Fence, note: Note) -> str | None:
    """The commit that holds our fence on top of the old one, added to `objects`; None where the old one says the
    same."""
    if old is not None and fence_at(git, old) == fence:
        return None
    entry = TreeEntry("100644", FILE.encode(), objects.blob(canonical.encode(fence)))
    subject = f"{fence.promotion} holds this place since event {fence.epoch}"
    return objects.commit(objects.tree([entry]), old, Note(subject, note.author, note.at))
