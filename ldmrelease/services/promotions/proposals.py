"""Between a promotion and the pull request by which others change a place: its branch, its forge, its edits."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import InputError, Unavailable, UnavailableError
from ldmrelease.domain.plan import PlacePlan, StepKind
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, Place
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import Draft, PullRequestFacts, PullRequests, PullRequestState
from ldmrelease.forges.registry import pull_requests
from ldmrelease.services.deployments.desired import access, edits, snapshot
from ldmrelease.services.needs import PlaceAccess
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.proposal_text import ProposalText
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets import registry
from ldmrelease.targets.connections import answer
from ldmrelease.targets.git.commits import Note
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.results import Refusal, Snapshot, Value, Values
from ldmrelease.targets.stores import git_proposals
from ldmrelease.targets.stores.git_proposals import Edits, PushedProposal

MARKER = "<!-- ldmrelease proposal -->"
"""By which our one comment on a pull request is known."""
REVIEWERS = ("reviewers",)
_UNKNOWN_BRANCH = (404, 422)
_UNKNOWN_BRANCH_TRIES = 8
_UNKNOWN_BRANCH_PAUSE = 0.5
"""Seconds."""
T = TypeVar("T")


class RepositoryBranches:
    """The branches of a repository, for proposals that no forge keeps."""

    def __init__(self, remote: GitRemote) -> None:
        self._remote = remote

    def tips(self, prefix: str, /) -> Mapping[str, str]:
        """The commits of the branches that begin so, by name."""
        git, pattern = self._remote.git, f"refs/heads/{prefix}*"
        if self._remote.url is not None:
            lines = git.ask_server("ls-remote", "-q", "--", self._remote.url, pattern).decode().splitlines()
        else:
            # A pattern that ends with a star would stop at a slash.
            words = ("--format=%(objectname)%09%(refname)", "refs/heads")
            lines = git.run("for-each-ref", *words).decode().splitlines()
        found = (line.partition("\t") for line in lines)
        names = {name.removeprefix("refs/heads/"): oid for oid, _, name in found}
        return {name: oid for name, oid in names.items() if name.startswith(prefix)}

    def delete(self, branch: str, /) -> None:
        """Delete one; one that is gone already stays so."""
        ref = f"refs/heads/{branch}"
        tip = self._remote.tips([ref])[ref]
        if tip is None:
            return
        git_proposals.delete_branch(self._remote, ref, tip)


def location_of(application: Application) -> GitFile:
    """Where the settings of a place are that is changed by proposals: those are files in git alone."""
    location = application.target.location
    assert isinstance(location, GitFile)
    return location


def forge_of(context: PlaceAccess, application: Application) -> PullRequests:
    """The pull requests of the repository of a place.

    Raises `InputError` without a token or a forge; `RefusedError` and `UnavailableError` of its branches.
    """
    repository = location_of(application).repository
    kind = context.gitops.of(repository).propose or "branch"
    # Before it is kept: what is made once must not open anything itself.
    remote = access(context).repository(repository) if kind == "branch" else None

    def make() -> PullRequests | InputError:
        branches = RepositoryBranches(remote) if remote is not None else None
        try:
            return pull_requests(kind, repository, os.environ, branches=branches)
        except InputError as error:
            # Kept as well: a credential helper that hangs is waited for once.
            return error

    found = context.connections.once(f"forge {repository}", make)
    if isinstance(found, InputError):
        raise found
    return found


def forge_refusal(context: PlaceAccess, application: Application) -> Refusal | None:
    """Why no pull request can be opened where the workspace asks for one, as far as nobody has to be asked for that."""
    location = application.target.location
    kind = context.gitops.of(location.repository).propose if isinstance(location, GitFile) else None
    if not isinstance(location, GitFile) or kind in (None, "branch"):
        return None
    try:
        forge_of(context, application)
    except InputError as error:
        return Refusal("no-forge", {"where": public(location.repository), "kind": kind, "found": str(error)})
    return None


def asked(act: Callable[[], T], where: str) -> T | Unavailable:
    """What a forge answers, or why nobody could be asked."""
    try:
        return act()
    except UnavailableError as error:
        return error.unavailable
    except InputError as error:
        return Unavailable(where, str(error))


class ProposedChange(Struct, frozen=True):
    """What is to be merged: where, the branch, and the edits from what was there.

    restores: whether it puts back what a failed promotion has changed. parts: those of the places that it is about
    together, in their order; none where it is about one.
    """

    where: GitFile
    branch: str
    edits: Edits
    there: Snapshot
    restores: bool = False
    parts: "tuple[tuple[Work, ProposedChange], ...]" = ()

    def of(self, work: Work) -> "ProposedChange":
        """The part of one place."""
        return next((part for other, part in self.parts if other.here is work.here), self)


def change_of(work: Work) -> ProposedChange | Refusal | Unavailable:
    """What is proposed for the place, and for those that are proposed together with it."""
    wave = members(work)
    if len(wave) == 1:
        return _own_change(work)
    parts: list[tuple[Work, ProposedChange]] = []
    for each in wave:
        part = _own_change(each, renews=not parts)
        if not isinstance(part, ProposedChange):
            return part
        parts.append((each, part))
    return _together(parts)


def members(work: Work) -> list[Work]:
    """The work for each place that is proposed together with this one."""
    wave = work.plan.wave_of(work.here)
    return [work if each is work.here else _at(work, each) for each in wave]


def _at(work: Work, here: PlacePlan) -> Work:
    application = work.context.topology.application(here.place)
    assert application is not None
    return replace(work, here=here, step=here.step(StepKind.PROPOSE), application=application)


def _together(parts: list[tuple[Work, ProposedChange]]) -> ProposedChange | Refusal:
    """One change of all parts, each setting by its file."""
    first = parts[0][1]
    wanted: dict[str, Value] = {}
    expect: dict[str, Value] = {}
    there: dict[str, Value] = {}
    for _, part in parts:
        for path, value in in_files(part, part.edits.wanted).items():
            if wanted.setdefault(path, value) != value:
                return Refusal(
                    "wave-differs", {"path": path, "found": str(wanted[path]), "wanted": str(value)}
                )
        expect |= in_files(part, part.edits.expect)
        there |= in_files(part, part.there.values)
    blobs = " ".join(part.there.blob for _, part in parts)
    seen = Snapshot(first.there.revision, blobs, there, {})
    return replace(first, edits=Edits(wanted, expect), there=seen, parts=tuple(parts))


def in_files(change: ProposedChange, values: Values) -> dict[str, Value]:
    """Values by addresses that name their files."""
    found = {ValueAddress.of(path): value for path, value in values.items()}
    return {str(replace(at, file=at.file or change.where.file)): value for at, value in found.items()}


def _own_change(work: Work, *, renews: bool = True) -> ProposedChange | Refusal | Unavailable:
    """What is proposed for the place, from what was there when it was first proposed, or what is there now."""
    location, reach = location_of(work.application), access(work.context)
    remote = answer(lambda: reach.repository(location.repository))
    if isinstance(remote, GitRemote) and renews:
        # Others change it while we look.
        remote.renew()
    there = snapshot(work.context, work.application)
    if not isinstance(there, Snapshot):
        return there
    before = registry.values_from_plain(work.before) if work.before else there.values
    then = replace(there, values=before)
    wanted = edits(work.application.target, work.pinned.release, work.plan.intent, work.request.alias, then)
    if isinstance(wanted, Refusal):
        return wanted
    expect: dict[str, Value] = {path: before[path] for path in wanted}
    first = work.plan.wave_of(work.here)[0].place
    branch = f"{_prefix(work)}{_number(work, first)}{_again(work)}"
    return ProposedChange(location, branch, Edits(wanted, expect), there)


def restore_of(work: Work) -> ProposedChange | Refusal | Unavailable:
    """What puts back what was there before, at that place alone."""
    change = _own_change(work)
    if not isinstance(change, ProposedChange):
        return change
    turned = Edits(change.edits.expect, change.edits.wanted)
    branch = f"{_prefix(work)}{_number(work, work.step.place)}{_again(work)}-restore"
    return replace(change, branch=branch, edits=turned, restores=True)


def prefix_of(context: PlaceAccess) -> str:
    """What the branches of a ledger begin with."""
    return f"ldmrelease/{context.ledger.uuid[:8]}/"


def _prefix(work: Work) -> str:
    return f"{prefix_of(work.context)}{work.promotion}/"


def _number(work: Work, place: Place) -> int:
    return [each.place for each in work.plan.places].index(place) + 1


def _again(work: Work) -> str:
    """What was taken back is proposed by another branch, so that its end is not taken for ours."""
    count = work.journal.withdrawals.get(str(work.step.place), 0)
    return f".{count + 1}" if count else ""


class OpenProposals:
    """The open pull requests of a ledger, each repository asked once, for whoever looks at many promotions."""

    def __init__(self, context: PlaceAccess) -> None:
        self._context = context
        self._listed: dict[str, dict[str, PullRequestFacts]] = {}

    def of_branch(self, application: Application, branch: str) -> PullRequestFacts | None:
        """The open one of a branch. Raises what `forge_of` and the forge raise."""
        repository = location_of(application).repository
        if repository not in self._listed:
            listed = forge_of(self._context, application).list_open(prefix_of(self._context))
            self._listed[repository] = {each.head: each for each in listed}
        found = self._listed[repository].get(branch)
        return found if found is None or found.base in ("", location_of(application).branch) else None


class OpenedProposal(Struct, frozen=True):
    """A proposal that is there: its branch, and its pull request; none where the branch that is read has it already."""

    proposal: PushedProposal
    facts: PullRequestFacts | None


def opened(
    work: Work, change: ProposedChange, text: Callable[[PushedProposal], ProposalText]
) -> OpenedProposal | Refusal | Unavailable:
    """Make the branch and its pull request, or find them and bring them up to date: the same again after a kill."""
    # First, so that no branch is left behind where there is no token for its pull request.
    forge = asked(lambda: forge_of(work.context, work.application), registry.where(work.application.target))
    if isinstance(forge, Unavailable):
        return forge
    made = git_proposals.propose(
        change.where,
        change.edits,
        access(work.context),
        branch=change.branch,
        note=_note(work, change),
        examine=partial(_against, change.parts or ((work, change),)),
    )
    if not isinstance(made, PushedProposal):
        return made
    facts = asked(lambda: _pull_request(forge, change, made, text), registry.where(work.application.target))
    return facts if isinstance(facts, Unavailable) else OpenedProposal(made, facts)


def _note(work: Work, change: ProposedChange) -> Note:
    """What the commit says: the same at each of the places that it is about."""
    if not change.parts:
        return writes.note_of(work, restores=change.restores)
    first = writes.note_of(change.parts[0][0])
    places = ", ".join(str(each.here.place) for each, _ in change.parts)
    return replace(first, subject=f"{writes.verb_of(work)} {work.pinned.release.name} at {places}")


def _against(parts: Sequence[tuple[Work, ProposedChange]], revision: str) -> Refusal | Unavailable | None:
    """Why the change may not be built upon a revision; what is put back was there."""
    for work, part in parts:
        if part.restores:
            continue
        found = writes.examiner(work, part.edits.wanted, part.edits.expect, part.there)(revision)
        if found is not None:
            return found
    return None


def _pull_request(
    forge: PullRequests,
    change: ProposedChange,
    made: PushedProposal,
    text: Callable[[PushedProposal], ProposalText],
) -> PullRequestFacts | None:
    found = forge.newest_of(change.branch, change.where.branch)
    if made.merged or (found is not None and found.state is not PullRequestState.OPEN):
        return found
    told = text(made)
    if found is None:
        return _open(forge, Draft(change.branch, change.where.branch, told.title, told.body))
    if (found.title, found.body.replace("\r\n", "\n").strip()) != (told.title, told.body.strip()):
        forge.edit(found.number, told.title, told.body)
    return found


def _open(forge: PullRequests, draft: Draft) -> PullRequestFacts:
    """Open it. A forge may take a moment until it knows a branch that was just pushed (Gitea: by a queue)."""
    for left in range(_UNKNOWN_BRANCH_TRIES, 0, -1):
        try:
            return forge.open(draft)
        except ForgeError as error:
            if error.status not in _UNKNOWN_BRANCH or left == 1:
                raise
        time.sleep(_UNKNOWN_BRANCH_PAUSE)
    raise AssertionError("the last try returns or raises")


def values_there(change: ProposedChange) -> Values:
    """What the settings that are to change say now."""
    return {path: change.there.values[path] for path in change.edits.wanted if path in change.there.values}


def has_it(change: ProposedChange) -> bool:
    """Whether the branch that is read says what was proposed."""
    return values_there(change) == dict(change.edits.wanted)
