"""What others have seen of this ledger: fences of all places, and the checkpoint in the release repository.

A ledger that was cut, forked or copied is right by itself. Only what was kept elsewhere shows it, and any place may
be the one that knows: so all are asked before anything acts anywhere (trust.md section 2).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.release import EMPTY_CONFIG, EMPTY_CONFIG_TYPE, MANIFEST_TYPE
from ldmrelease.domain.targets import ConfigMapKey, GitFile, KubernetesTarget
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.ledger import Ledger, LedgerProblem, LedgerReader
from ldmrelease.registry.errors import (
    BadAnswer,
    DigestMismatch,
    LimitExceeded,
    NotFound,
    RegistryError,
    reading_answer,
)
from ldmrelease.registry.manifests import Descriptor, write_object
from ldmrelease.registry.referrers import put_referrers, read_referrer
from ldmrelease.registry.repository import Repository
from ldmrelease.services.context import NoKey, Untrusted
from ldmrelease.services.deployments.concurrency import run_concurrently
from ldmrelease.services.deployments.fences import fence_of, is_ignored, judged
from ldmrelease.services.needs import CheckpointPublishing, WitnessAccess
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.stores.git_file import read_fences
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE, sign_checkpoint, verify_checkpoint
from ldmrelease.trust.signer import KeyProblem
from ldmrelease.trust.verify import Rejected

PATIENCE = 10.0
"""Seconds within which whoever is asked has to answer; who does not is left out, and blocks nothing."""
_ENVELOPE_LIMIT = 64 * 1024
_RELEASES, _REFERRERS = 5, 5
"""So many releases by the order of their tags, and so many of each one's referrers, are looked at: some 60 requests at
most, since whoever acts waits for them."""

RENEWING = (
    "somebody put it there, or the key that signed it counts no longer: compare the ledger with its newest backup, and "
    "if nothing is missing, `ldmrelease ledger checkpoint --publish` puts a new one in its place"
)


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """What one who was asked knows of the ledger.

    where: a place, or the release repository. checkpoint: what it has seen, None where it has seen nothing.
    unknown: why it could not be asked, or why what it keeps does not count. overwritten: what stands where this
    ledger's own checkpoint belongs is none that counts.
    """

    where: str
    checkpoint: Checkpoint | None = None
    unknown: str | Refusal | None = None
    overwritten: bool = False


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Somebody has seen events of this ledger that are not in it."""

    where: str
    seen: Checkpoint
    problem: LedgerProblem


def kept_checkpoints(context: WitnessAccess, seconds: float = PATIENCE) -> tuple[KeptCheckpoint, ...]:
    """Ask every place and the release repository at once. Writes nothing but mirrors of remote repositories."""
    found: dict[str, KeptCheckpoint] = run_concurrently(dict(_jobs(context)), seconds)
    places = [str(each.place) for each in context.topology.applications]
    asked = [*places, context.workspace.releases]
    late = f"no answer within {seconds:g} s"
    return tuple(found.get(each) or KeptCheckpoint(each, unknown=late) for each in asked)


def contradictions(ledger: Ledger, kept: tuple[KeptCheckpoint, ...]) -> tuple[Contradiction, ...]:
    """Who knew more of this ledger, or something else. What is of another ledger says nothing of this one."""
    found = []
    for each in kept:
        if each.checkpoint is None or each.checkpoint.ledger != ledger.uuid:
            continue
        problem = ledger.extends(each.checkpoint)
        if problem is not None:
            found.append(Contradiction(each.where, each.checkpoint, problem))
    return tuple(found)


def require_newest(context: WitnessAccess) -> tuple[Refusal, ...]:
    """Raise `Untrusted` where anybody who can be asked has seen what this copy of the ledger does not have.

    What is to be said though nothing stops for it: fences that do not count.
    """
    kept = kept_checkpoints(context)
    for each in kept:
        if each.overwritten:
            raise Untrusted(f"{each.where}: {each.unknown}\nnothing was changed: {RENEWING}")
    found = contradictions(context.ledger, kept)
    if found:
        size = context.ledger.head().size
        told = "\n".join(describe(each, size) for each in found)
        raise Untrusted(
            f"{told}\nnothing was changed: use the ledger that wrote there, or restore its newest backup with "
            "`ldmrelease ledger import`"
        )
    return tuple(
        each.unknown for each in kept if isinstance(each.unknown, Refusal) and is_ignored(each.unknown)
    )


def describe(each: Contradiction, size: int) -> str:
    """One line: who knew more than this ledger with its `size` events."""
    seen = each.seen.size
    if each.problem.code == "cut":
        return f"{each.where} has seen event {seen} of this ledger, which has {size}: it was cut, or is an older copy"
    return f"{each.where} has seen another event {seen} of this ledger: it was forked"


def _jobs(
    context: WitnessAccess,
) -> Iterator[tuple[str, Callable[[Callable[[str, KeptCheckpoint], None]], None]]]:
    # Nobody is told of these looks: they may still go on when the promotion writes.
    access = Access(context.workspace.root, None, context.connections)
    now = context.now()
    for name, places in _grouped(context.topology).items():
        yield str(name), _fences(context, places, access)
    yield context.workspace.releases, _published(context, now)


def _grouped(topology: Topology) -> dict[str | ClusterAccess, list[Application]]:
    """The applications by whom one has to ask: their repository, their cluster, or themselves."""
    groups: dict[str | ClusterAccess, list[Application]] = {}
    for each in topology.applications:
        groups.setdefault(_holder(each), []).append(each)
    return groups


def _holder(application: Application) -> str | ClusterAccess:
    location = application.target.location
    if isinstance(location, GitFile):
        return location.repository
    if isinstance(location, ConfigMapKey):
        return location.cluster
    return location.workloads.cluster if isinstance(location, KubernetesTarget) else str(application.place)


def _fences(
    context: WitnessAccess, applications: list[Application], access: Access
) -> Callable[[Callable[[str, KeptCheckpoint], None]], None]:
    def ask(tell: Callable[[str, KeptCheckpoint], None]) -> None:
        for where, found in _read(context, applications, access):
            tell(where, _kept(where, found, context.now()))

    return ask


def _read(
    context: WitnessAccess, applications: list[Application], access: Access
) -> Iterator[tuple[str, Fence | Refusal | Unavailable | None]]:
    first = applications[0].target.location
    if isinstance(first, GitFile):
        read = read_fences(first.repository, [each.place for each in applications], access)
        for each in applications:
            kept = read if isinstance(read, Refusal | Unavailable) else read[each.place]
            yield str(each.place), judged(context, each, kept)
        return
    for each in applications:
        found = fence_of(context, each, access)
        yield str(each.place), found
        if isinstance(found, Unavailable):
            return


def _kept(where: str, found: Fence | Refusal | Unavailable | None, now: datetime) -> KeptCheckpoint:
    if isinstance(found, Fence):
        return KeptCheckpoint(where, Checkpoint(found.ledger, found.genesis, found.size, found.head, now))
    if isinstance(found, Unavailable):
        return KeptCheckpoint(where, unknown=found.reason)
    return KeptCheckpoint(where, unknown=found)


def _published(
    context: WitnessAccess, now: datetime
) -> Callable[[Callable[[str, KeptCheckpoint], None]], None]:
    where, tag = context.workspace.releases, _tag(context.ledger)
    keyring, ledger = context.keyring, context.ledger.uuid
    repository = context.registries.open(parse_reference(where))

    def read(envelope: bytes) -> Checkpoint | str:
        opened = verify_checkpoint(envelope, keyring, at=now)
        if isinstance(opened, Rejected):
            return f"it does not count: {opened.code}"
        return opened.body if opened.body.ledger == ledger else "it is of another ledger"

    def ask(tell: Callable[[str, KeptCheckpoint], None]) -> None:
        try:
            tagged = _tagged(repository, tag, read)
            # Told before the slower look at referrers: what was told in time counts.
            if isinstance(tagged, str):
                tell(where, KeptCheckpoint(where, unknown=f"{tag}: {tagged}", overwritten=True))
                return
            tell(where, KeptCheckpoint(where, tagged))
            read_ones = [each for each in map(read, _referring(repository)) if isinstance(each, Checkpoint)]
        except RegistryError as error:
            tell(where, KeptCheckpoint(where, unknown=str(error)))
            return
        newest = max([*([tagged] if tagged else []), *read_ones], key=lambda each: each.size, default=None)
        tell(where, KeptCheckpoint(where, newest))

    return ask


def _tag(ledger: LedgerReader) -> str:
    return f"checkpoint-{ledger.uuid}"


def _tagged(
    repository: Repository, tag: str, read: Callable[[bytes], Checkpoint | str]
) -> Checkpoint | str | None:
    """The checkpoint at the ledger's tag, None where there is no tag, or why what is there is none of ours."""
    if repository.resolve(tag) is None:
        return None
    try:
        manifest = repository.manifest(tag)
        with reading_answer("GET", repository.name):
            (layer,) = manifest.layers()
        return read(repository.blob(layer.digest, limit=_ENVELOPE_LIMIT))
    except (NotFound, BadAnswer, DigestMismatch, LimitExceeded) as error:
        return f"it is no checkpoint: {error}"


def _referring(repository: Repository) -> Iterator[bytes]:
    """What is kept as checkpoints beside releases: a tag can be pointed at an older one, these stay."""
    releases = [each for each in reversed(repository.tags()) if not each.startswith("checkpoint-")]
    for tag in releases[:_RELEASES]:
        subject = repository.resolve(tag)
        listed = repository.referrers(subject.digest, CHECKPOINT_TYPE) if subject is not None else []
        for descriptor in listed[-_REFERRERS:]:
            yield from _layers(repository, descriptor, subject.digest if subject is not None else "")


def _layers(repository: Repository, descriptor: Descriptor, subject: str) -> Iterator[bytes]:
    # Anybody may put junk there: it takes nothing away from the others.
    try:
        found = read_referrer(repository, descriptor, subject, limit=_ENVELOPE_LIMIT)
    except (NotFound, BadAnswer, DigestMismatch, LimitExceeded):
        return
    if found is not None:
        yield from (each.content for each in found.layers)


def leave_checkpoint(context: CheckpointPublishing, release: str) -> str | None:
    """Leave outside how far the ledger is; why it could not be left, which undoes nothing of what was done."""
    try:
        publish_checkpoint(context, release)
    except (RegistryError, Untrusted, NoKey, KeyProblem) as error:
        return str(error)
    return None


def publish_checkpoint(context: CheckpointPublishing, release: str | None = None) -> str:
    """Put a signed checkpoint of the head into the release repository; the digest of its artifact.

    It stands under a tag of the ledger; with the digest of a `release` it refers to that release's artifact, too.
    What is there already is not replaced by what does not extend it: then `Untrusted` is raised. Raises `NoKey`,
    `KeyProblem`, `RegistryError`.
    """
    checkpoint = context.ledger.checkpoint(context.now())
    envelope = sign_checkpoint(checkpoint, context.signers.ledger).to_bytes()
    repository = context.release_repository()
    told: list[KeptCheckpoint] = []
    _published(context, context.now())(lambda _where, kept: told.append(kept))
    for each in contradictions(context.ledger, tuple(told)):
        raise Untrusted(describe(each, checkpoint.size))
    subject = repository.resolve(release) if release is not None else None
    layers = [(CHECKPOINT_TYPE, envelope)]
    if subject is not None:
        put_referrers(repository, [subject], CHECKPOINT_TYPE, layers, {})
    repository.put_blob(EMPTY_CONFIG)
    repository.put_blob(envelope)
    return repository.put_manifest(_manifest(envelope), MANIFEST_TYPE, _tag(context.ledger))


def _manifest(envelope: bytes) -> bytes:
    layer = Descriptor(CHECKPOINT_TYPE, canonical.digest(envelope), len(envelope))
    config = Descriptor(EMPTY_CONFIG_TYPE, canonical.digest(EMPTY_CONFIG), len(EMPTY_CONFIG))
    return write_object(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": CHECKPOINT_TYPE,
            "config": config.as_json(),
            "layers": [layer.as_json()],
        }
    )
