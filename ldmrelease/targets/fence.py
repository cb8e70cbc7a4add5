"""The fence of a place: which ledger and which promotion may write there (two ledgers; late holders).

A place keeps it signed, in git as a ref beside the configuration that holds a chain of small commits. Every write
moves the branch and the fence together, each only from where it was seen: whoever comes late fails at the first
write. What a place keeps and does not verify is not believed, and the next write replaces it (docs/decisions/0031).
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.targets.git.commits import NewObjects, Note, TreeEntry
from ldmrelease.targets.git.git_repository import Git, read_blob
from ldmrelease.targets.git.program import DAMAGED, GitError
from ldmrelease.targets.git.signed_commits import add_commit
from ldmrelease.targets.results import Refusal, RefusedError
from ldmrelease.trust.verify import Rejected

FILE = "fence.json"
_REF_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|lock$|$))*")


def _nothing(_: Fence) -> bool:
    return False


def _nobody() -> None:
    return None


def _unexamined(_revision: str) -> None:
    return None


class LaterClaim(Struct, frozen=True):
    """A claim of the place that our own ledger has behind ours."""

    promotion: str
    epoch: int


class WriteGrant(Struct, frozen=True):
    """Our right to write at a place, and what the commit says.

    fence: what the fence holds when we have written; `signed` is that as the place keeps it.
    believed: the fence in what a place keeps, or why that does not count.
    extends: whether our ledger holds a fence's checkpoint: that its event number `size` has the hash `head`.
    supersedes: whether our ledger was begun anew knowing this fence of a lost one.
    overtaken: the claim that our ledger has behind ours, asked each time after the fence was read: whoever takes the
    place over appends its claim before it moves the fence, so an absent, older or forged fence hides nobody.
    uncontested: nobody held the place when it was claimed, so that no earlier holder can still be at work: the fence
    may move with the first write, where a move of its own takes a connection to a server.
    examine: why nothing may be written upon a revision; a tree asks it of the very one that its commit is built upon.
    """

    place: Place
    fence: Fence
    signed: bytes
    believed: Callable[[bytes], Fence | Rejected]
    extends: Callable[[Fence], bool]
    note: Note
    supersedes: Callable[[Fence], bool] = _nothing
    overtaken: Callable[[], LaterClaim | None] = _nobody
    examine: Callable[[str], Refusal | Unavailable | None] = _unexamined
    uncontested: bool = False

    def read(self, kept: bytes | None) -> Fence | None:
        """The fence in what the place keeps; None where it keeps none that counts."""
        found = self.believed(kept) if kept is not None else None
        return found if isinstance(found, Fence) else None


def is_same_claim(found: Fence | None, ours: Fence) -> bool:
    """Whether a fence is of the very claim that ours is of."""
    return found is not None and (found.genesis, found.promotion, found.epoch) == (
        ours.genesis,
        ours.promotion,
        ours.epoch,
    )


def check(kept: bytes | None, grant: WriteGrant) -> Fence | None:
    """Raise `Refused` unless the holder of `grant` may write over what the place keeps; the fence there that counts.

    `other-ledger`: the place belongs to another ledger, which ours was not begun in place of. `ledger-behind`: ours
    does not hold what the fence saw (a copy, or a cut tail). `fenced`: somebody has claimed the place since.
    """
    ours, place = grant.fence, str(grant.place)
    later = grant.overtaken()
    if later is not None:
        raise RefusedError(
            "fenced", place=place, promotion=later.promotion, epoch=later.epoch, expected=ours.epoch
        )
    found = grant.read(kept)
    if found is None:
        return None
    values = {"place": place, "promotion": found.promotion, "epoch": found.epoch}
    if (found.ledger, found.genesis) != (ours.ledger, ours.genesis):
        if grant.supersedes(found):
            return found
        raise RefusedError("other-ledger", **values, found=found.ledger, expected=ours.ledger)
    if not grant.extends(found):
        raise RefusedError("ledger-behind", **values, found=found.size, expected=ours.size)
    if found.epoch > ours.epoch or (found.epoch == ours.epoch and found.promotion != ours.promotion):
        raise RefusedError("fenced", **values, expected=ours.epoch)
    return found


def fence_ref(place: Place) -> str:
    """The ref of a place's fence. Raises `Refused` (`no-ref`) for names that git cannot have in a ref."""
    for part in (place.environment, place.application):
        if not _REF_PART.fullmatch(part):
            raise RefusedError("no-ref", found=part)
    return f"refs/ldmrelease/{place.environment}/{place.application}"


def kept_at(git: Git, revision: str) -> bytes:
    """What the commit of a fence keeps, empty where it is no such commit. Raises `GitError` where git cannot say."""
    try:
        return read_blob(git, revision, FILE).content
    except RefusedError:
        return b""
    except GitError as error:
        # A ref can point at a blob, or at a tag of one.
        if error.status != DAMAGED:
            raise
        return b""


def all_kept_at(git: Git, revisions: Sequence[str]) -> dict[str, bytes]:
    """The same of several."""
    return {each: kept_at(git, each) for each in revisions}


def next_fence(git: Git, objects: NewObjects, old: str | None, grant: WriteGrant) -> str | None:
    """The commit that holds our fence on top of the old one, added to `objects`; None where the old one says the
    same. What is no commit is not built upon."""
    if old is not None and grant.read(kept_at(git, old)) == grant.fence:
        return None
    entry = TreeEntry("100644", FILE.encode(), objects.blob(grant.signed))
    fence, note = grant.fence, grant.note
    subject = f"{fence.promotion} holds this place since event {fence.epoch}"
    parent = old if old is not None and is_commit(git, old) else None
    told = replace(note, subject=subject, trailers={})
    return add_commit(git, objects, objects.tree([entry]), parent, told)


def is_commit(git: Git, oid: str) -> bool:
    """Whether an object is a commit. Raises `GitError` where git cannot say."""
    try:
        git.require_commit(oid)
    except GitError as error:
        if error.status != DAMAGED:
            raise
        return False
    return True
