"""Look whether everything that a promotion needs is there. Writes nothing but mirrors of remote repositories."""

import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta

from ldmrelease.config.workspace.key_faults import OPTIONAL, SIGNS, key_fault, place_of
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.workspace.patterns.facts import FILE as TREES_FILE
from ldmrelease.domain import times
from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.events import Checkpoint, Event, EventKind
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Application, ComponentKind, Topology
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.ledger import Ledger, LedgerError, LedgerReader
from ldmrelease.services.context import INDEX_EVERY, open_context, wall_clock
from ldmrelease.services.deployments import desired
from ldmrelease.services.deployments.checkpoints import (
    RENEWING,
    UNFLOODING,
    contradictions,
    describe,
    kept_checkpoints,
)
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.deployments.fences import fence_of, is_ignored
from ldmrelease.services.deployments.superseded import supersedes
from ldmrelease.services.inventory.foreign import foreign_settings
from ldmrelease.services.inventory.tree_refresh import changed_trees, committed
from ldmrelease.services.needs import Diagnosing, ReleaseLookup, WitnessAccess
from ldmrelease.services.operations.answering_sources import Answer, asked_configurations, asked_images
from ldmrelease.services.operations.diagnosis import Diagnosis, Health
from ldmrelease.services.operations.repository_rules import repository_findings
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions import preflight
from ldmrelease.services.releases.second_spellings import second_spellings
from ldmrelease.services.trust_version import (
    OtherClock,
    OtherTrust,
    TrustExpired,
    TrustRolledBack,
    UnsignedTrust,
    trust_rows,
    why_ignored,
)
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.image_setting import foreign_refusal
from ldmrelease.targets.results import Refusal, Snapshot, joined
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Records
from ldmrelease.trust.signer import load_signer
from ldmrelease.trust.verify import Rejected

GIT = (2, 29)
"""The oldest git that has what the targets use (`fetch --no-write-fetch-head`)."""


def look_at_machine(workspace: Workspace | None = None) -> Iterator[Diagnosis]:
    """What the machine has to have; git only where the workspace names a repository of it."""
    if workspace is None or _needs_git(workspace.topology):
        yield from _git()


def _needs_git(topology: Topology) -> bool:
    sources = {each.kind for product in topology.products for each in product.components}
    trees = any("git" in each.target.capabilities.programs for each in topology.applications)
    return trees or ComponentKind.CONFIGURATION in sources


def _git() -> Iterator[Diagnosis]:
    try:
        told = subprocess.run(
            ["git", "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        yield Diagnosis("git", Health.BAD, f"cannot be run: {reason_of(error)}", "install git")
        return
    found = re.search(r"(\d+)\.(\d+)", told)
    enough = found is not None and (int(found[1]), int(found[2])) >= GIT
    wanted = ".".join(map(str, GIT))
    remedy = "" if enough else f"install git {wanted} or newer"
    yield Diagnosis(
        "git", Health.OK if enough else Health.BAD, told.strip().removeprefix("git version "), remedy
    )


def look_at_workspace(workspace: Workspace, seconds: float, progress: Progress) -> Iterator[Diagnosis]:
    """Everything that a workspace needs, beyond its files being right (`workspace lint`).

    seconds: for how long registries are asked, and for how long the repositories of configurations. `progress` is told
    what is looked at: `looking`, and `answered` with how many.
    """
    yield _clock(workspace)
    yield from _agreed(workspace)
    yield from _keys(workspace)
    try:
        context = open_context(workspace)
    except LedgerError as error:
        remedy = (
            "`ldmrelease ledger import` restores a backup; `ldmrelease ledger init --anew --reason ...` begins "
            "a new one where none is left"
        )
        yield Diagnosis("ledger", Health.BAD, str(error), remedy)
        return
    with context.ledger:
        yield from _ledger(context.ledger, context.records, context.now())
        yield from _adopted(context)
        yield from _spellings(context)
        progress("looking", {"at": "registries"})
        yield from _images(context, seconds, progress)
        progress("looking", {"at": "repositories of configurations"})
        yield from _configurations(context, seconds, progress)
        yield from _trees(context)
        progress("looking", {"at": "repositories that are written"})
        yield from _repositories(context)
        yield from _places(context, progress)
        progress("looking", {"at": "the ledger's checkpoint"})
        yield from _checkpoints(context)


def _clock(workspace: Workspace) -> Diagnosis:
    if workspace.clock is None:
        return Diagnosis("clock", Health.OK, times.spell(wall_clock()))
    remedy = f"take `clock:` out of {workspace.file.name} for real work, and name a new file under `ledger:`"
    return Diagnosis(
        "clock", Health.WARN, f"stands at {times.spell(workspace.clock)}, the workspace's own", remedy
    )


_UNSIGNED = "nothing is written or signed about it"
_SOON = timedelta(days=14)
"""So long before a trust document expires it is said."""
_MANY = 4
"""So many times as many events as are usual are worth a word."""


def _agreed(workspace: Workspace) -> Iterator[Diagnosis]:
    """What the trust document does not record: nothing acts on it."""
    remedy = "`ldmrelease trust agree` shows the difference and records it"
    local = [(f"policy {each}", "what it decides is advisory only") for each in workspace.local_policies]
    local += [(f"targets {each}", _UNSIGNED) for each in workspace.local_environments]
    local += [(f"product {each}", _UNSIGNED) for each in workspace.local_products]
    local += [(f"check {each.name}", "it is not run") for each in workspace.local_checks]
    if workspace.notify is not None and not workspace.notify.agreed:
        local.append(("notify", "it is not run"))
    for what, holds in local:
        message = f"differs from what {workspace.trust.name} records: {holds} until that is updated"
        yield Diagnosis(what, Health.WARN, message, remedy)


def _keys(workspace: Workspace) -> Iterator[Diagnosis]:
    levels = dict.fromkeys(each.level for each in workspace.topology.applications)
    for purpose in (*SIGNS, *(f"receipts/{level}" for level in levels)):
        if place_of(workspace, purpose) is not None or purpose not in OPTIONAL:
            yield _key(workspace, purpose)
    if workspace.keyring.identities:
        yield _identities(workspace.keyring)


def _key(workspace: Workspace, purpose: str) -> Diagnosis:
    what, place = f"key {purpose}", place_of(workspace, purpose)
    fault = key_fault(place, purpose, workspace.keyring, workspace.clock or wall_clock())
    if fault is not None:
        return Diagnosis(what, Health.WARN if fault.absent else Health.BAD, fault.message, fault.remedy)
    assert place is not None
    key = workspace.keyring.find(load_signer(place).keyid)
    assert key is not None
    return Diagnosis(what, Health.OK, f"{key.id} of {key.person} ({', '.join(key.roles)})")


def _identities(keyring: Keyring) -> Diagnosis:
    from ldmrelease.trust.keyless import has_library  # noqa: PLC0415 - knows certificates

    if not has_library():
        message = "what they sign is seen and not counted: the library that verifies certificates is missing"
        return Diagnosis("identities", Health.WARN, message, "pip install 'ldmrelease[sigstore]'")
    return Diagnosis("identities", Health.OK, f"{len(keyring.identities)} of them; certificates are verified")


def _ledger(ledger: Ledger, records: Records, now: datetime) -> Iterator[Diagnosis]:
    head = ledger.head()
    ahead = next((each for each in _latest(ledger) if not isinstance(records.verify(each), Rejected)), None)
    if ahead is not None and ahead.time > now:
        message = f"event {ahead.sequence} is of {times.spell(ahead.time)}, and now it is {times.spell(now)}"
        remedy = "set the clock right: nothing can be appended before it"
        yield Diagnosis("ledger", Health.BAD, message, remedy)
    else:
        yield Diagnosis("ledger", Health.OK, f"{head.ledger}, last event {head.size}")
    if ledger.unindexed() > _MANY * INDEX_EVERY:
        message = f"every command looks through {ledger.unindexed()} events that no signed index covers"
        yield Diagnosis(
            "ledger", Health.WARN, message, "`ldmrelease ledger checkpoint`, with the key `ledger`"
        )
    for event in trust_rows(ledger):
        code = why_ignored(event, records)
        if code is not None:
            message = f"event {event.sequence} ({event.kind}) does not count: {code}; it is passed over"
            yield Diagnosis(
                "ledger", Health.WARN, message, "somebody else writes there: `ldmrelease ledger verify`"
            )


def _adopted(context: Diagnosing) -> Iterator[Diagnosis]:
    workspace = context.workspace
    try:
        context.require_trusted()
    except UnsignedTrust as error:
        yield Diagnosis("trust document", Health.WARN, str(error))
        return
    except (TrustExpired, OtherTrust, OtherClock, TrustRolledBack) as error:
        yield Diagnosis("trust document", Health.BAD, str(error))
        return
    expires = workspace.trust_expires
    if expires is not None and expires - context.now() < _SOON:
        message = f"version {workspace.trust_version} expires at {times.spell(expires)}: nothing is decided by it later"
        remedy = "set another date with `ldmrelease trust edit`, and sign it"
        yield Diagnosis("trust document", Health.WARN, message, remedy)
        return
    yield Diagnosis("trust document", Health.OK, f"version {workspace.trust_version}, signed")


def _latest(ledger: LedgerReader) -> Iterator[Event]:
    """The events, the last one first."""
    for sequence in range(ledger.head().size, 0, -1):
        event = ledger.get(sequence)
        if event is not None:
            yield event


def _spellings(context: ReleaseLookup) -> Iterator[Diagnosis]:
    for product in context.topology.products:
        for tag, first in second_spellings(context, product.name).items():
            yield Diagnosis(
                f"release {product.name}/{tag}",
                Health.WARN,
                f"the images of {tag} are those of {first}: a second spelling; what runs keeps the name {first}",
                f"use {first}",
            )


def _images(context: Diagnosing, seconds: float, progress: Progress) -> Iterator[Diagnosis]:
    for source, answer in asked_images(context, seconds, progress):
        yield _reached(f"images {source}", answer, seconds)


def _configurations(context: Diagnosing, seconds: float, progress: Progress) -> Iterator[Diagnosis]:
    for source, answer in asked_configurations(context, seconds, progress):
        remedy = "check its address and your access to it"
        yield _reached(f"tags of {source}", answer, seconds, remedy)


def _reached(what: str, answer: Answer | None, seconds: float, remedy: str = "") -> Diagnosis:
    if answer is None:
        return Diagnosis(what, Health.BAD, f"no answer within {seconds:g} s", "ask for longer with --timeout")
    if isinstance(answer, str):
        return Diagnosis(what, Health.OK, answer)
    return Diagnosis(what, Health.BAD, str(answer), remedy)


def _trees(context: Diagnosing) -> Iterator[Diagnosis]:
    """Trees that say something else now than when they were recorded for the workspace's patterns."""
    workspace = context.workspace
    for name, changed in changed_trees(workspace.file, committed(Access(workspace.root))).items():
        if isinstance(changed, Refusal | Unavailable):
            yield Diagnosis(f"tree {name}", Health.BAD, trouble=changed)
        elif changed:
            remedy = "`ldmrelease workspace refresh` shows the difference and records it"
            message = f"says something else than {TREES_FILE} records of it"
            yield Diagnosis(f"tree {name}", Health.WARN, message, remedy)
        else:
            yield Diagnosis(f"tree {name}", Health.OK, f"is as {TREES_FILE} records it")


def _repositories(context: Diagnosing) -> Iterator[Diagnosis]:
    """Remote repositories that are written: whether their servers take our pushes, and what else they ask for."""
    for each in repository_findings(context):
        if each.trouble is not None:
            yield Diagnosis(each.what, Health.BAD, trouble=each.trouble)
        elif each.message:
            yield Diagnosis(each.what, Health.WARN, each.message, each.remedy)
        else:
            yield Diagnosis(each.what, Health.OK, "its server takes our pushes, as far as it says")


def _places(context: Diagnosing, progress: Progress) -> Iterator[Diagnosis]:
    """Each place; a cluster or a repository that did not answer for one is not asked for the next ones."""
    away: dict[ClusterAccess | str, Unavailable] = {}
    for application in context.topology.applications:
        access = application.workloads.cluster if application.workloads is not None else None
        where = registry.where(application.target)
        known = (away[each] for each in (access, where) if each is not None and each in away)
        trouble = next(known, None)
        if trouble is not None:
            yield Diagnosis(str(application.place), Health.BAD, trouble=trouble)
            continue
        progress("looking", {"at": str(application.place)})
        found = _place(context, application)
        if isinstance(found.trouble, Unavailable):
            asked = access if access is not None and found.trouble.where == access.context else where
            away[asked] = found.trouble
        yield found


def _place(context: Diagnosing, application: Application) -> Diagnosis:
    what, reach = str(application.place), desired.access(context)
    # What is against writing there says everything at once: before what a mere look meets first.
    against = other_cluster(context.clusters, application) or preflight.cluster_refusal(context, application)
    there = against or registry.read(application.target, reach)
    if not isinstance(there, Snapshot):
        return Diagnosis(what, Health.BAD, trouble=there)
    fence = fence_of(context, application, reach)
    if isinstance(fence, Refusal) and is_ignored(fence):
        # It stops nobody, and somebody has put it there.
        told = {key: value for key, value in fence.values.items() if key != "removal"}
        remedy = f"`{fence.values['removal']}` takes it away"
        return Diagnosis(what, Health.WARN, remedy=remedy, trouble=Refusal(fence.code, told))
    if isinstance(fence, Refusal | Unavailable):
        return Diagnosis(what, Health.BAD, trouble=fence)
    if fence is not None and supersedes(context.ledger, context.records, application.place, fence):
        note = f"; the fence of {fence.promotion} is of the lost ledger {fence.ledger}, which this one superseded"
    elif fence is not None and (problem := _not_ours(context.ledger, context.now(), fence)) is not None:
        remedy = (
            "use the ledger that wrote there, or restore its newest backup with `ldmrelease ledger import`"
        )
        return Diagnosis(what, Health.BAD, problem, remedy)
    else:
        note = ""
    foreign = list(foreign_settings(context.topology, application, there))
    if foreign:
        # A promotion to a cluster writes the whole image; elsewhere somebody has to put the repository back.
        health = Health.WARN if application.target.capabilities.writes_directly else Health.BAD
        return Diagnosis(what, health, trouble=joined([foreign_refusal(each) for each in foreign]))
    message = f"{application.level}, settings: {len(there.values)}, at {there.revision[:12]}{note}"
    return Diagnosis(what, Health.OK, message)


def _checkpoints(context: WitnessAccess) -> Iterator[Diagnosis]:
    """What the release repository has seen of the ledger; a place's fence is looked at with the place."""
    what = "ledger checkpoint"
    everybody = kept_checkpoints(context)
    kept = everybody[-1]
    if not any(each.checkpoint is not None or each.unknown is not None for each in everybody):
        yield _nowhere_kept(context.ledger, kept.where)
        return
    if kept.overwritten:
        yield Diagnosis(what, Health.BAD, f"{kept.where}: {kept.unknown}", RENEWING)
    elif kept.flooded:
        yield Diagnosis(what, Health.BAD, f"{kept.where}: {kept.unknown}", UNFLOODING)
    elif kept.unknown is not None:
        yield Diagnosis(what, Health.WARN, f"{kept.where}: {kept.unknown}")
    elif kept.checkpoint is None:
        yield Diagnosis(what, Health.OK, f"none yet in {kept.where}; the first promotion leaves one there")
    if kept.notice is not None:
        remedy = "somebody has put them there: find out who may write to that repository"
        yield Diagnosis(what, Health.WARN, remedy=remedy, trouble=kept.notice)
    for each in contradictions(context.ledger, (kept,)):
        remedy = (
            "use the ledger that wrote there, or restore its newest backup with `ldmrelease ledger import`"
        )
        yield Diagnosis(what, Health.BAD, describe(each, context.ledger.head().size), remedy)
        return
    if kept.checkpoint is not None:
        yield Diagnosis(what, Health.OK, f"{kept.where} has seen event {kept.checkpoint.size}")


def _nowhere_kept(ledger: Ledger, where: str) -> Diagnosis:
    """Nobody has seen anything of the ledger: where it has gone on, checkpoints were taken away."""
    what, none = "ledger checkpoint", f"none yet in {where}; the first promotion leaves one there"
    if next(ledger.events(kinds=[EventKind.ENDED]), None) is not None:
        message = (
            f"there is no checkpoint anywhere, neither in {where} nor at any place, and promotions have ended"
        )
        remedy = (
            "somebody took them away, and nobody could tell of a cut: compare the ledger with its newest backup, then "
            "`ldmrelease ledger checkpoint --publish`"
        )
        return Diagnosis(what, Health.BAD, message, remedy)
    if ledger.head().size > 1:
        message = "there is no checkpoint anywhere: nobody could tell whether the end of the ledger was cut"
        return Diagnosis(what, Health.WARN, message, "`ldmrelease ledger checkpoint --publish` leaves one")
    return Diagnosis(what, Health.OK, none)


def _not_ours(ledger: Ledger, now: datetime, fence: Fence) -> str | None:
    """What keeps this ledger from writing where the fence stands (two ledgers, a cut tail)."""
    problem = ledger.extends(Checkpoint(fence.ledger, fence.genesis, fence.size, fence.head, now))
    return f"{problem} (the fence of {fence.promotion})" if problem is not None else None
