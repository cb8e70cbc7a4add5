"""What others have seen of this ledger: fences of all places, and the checkpoint in the release repository.

A ledger that was cut, forked or copied is right by itself. Only what was kept elsewhere shows it, and any place may
be the one that knows: so all are asked before anything acts anywhere (trust.md section 2).
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

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
from ldmrelease.services.context import Untrusted
from ldmrelease.services.deployments.concurrency import run_concurrently
from ldmrelease.services.deployments.fences import fence_of, is_ignored, judged
from ldmrelease.services.needs import CheckpointPublishing, WitnessAccess
from ldmrelease.services.signers import NoKey
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.stores.git_file import read_fences
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE, sign_checkpoint, verify_checkpoint
from ldmrelease.trust.signer import KeyProblem
from ldmrelease.trust.verify import Rejected

Read = Callable[[bytes], Checkpoint | str]
"""The checkpoint of this ledger in an envelope, or why it is none."""

OF_ANOTHER = "it is of another ledger"

PATIENCE = 10.0
"""Seconds within which whoever is asked has to answer; who does not is left out, and blocks nothing."""
_ENVELOPE_LIMIT = 64 * 1024
_RELEASES, _REFERRERS = 5, 5
"""So many releases by the order of their tags are looked at, and of each one so many referrers whose list does not say
what they hold: some 60 requests at most, since whoever acts waits for them."""
ANNOTATION = "dev.ldmrelease.checkpoint"
"""Of a checkpoint beside a release: its envelope once more, so that the list of referrers alone tells it from junk."""
JUNK = "junk-checkpoints"
"""The code of what is said of referrers that pretend to be checkpoints: nothing is refused for them."""

RENEWING = (
    "somebody put it there, or the key that signed it counts no longer: compare the ledger with its newest backup, and "
    "if nothing is missing, `ldmrelease ledger checkpoint --publish` puts a new one in its place"
)
UNFLOODING = (
    "somebody has put so much there that a newer checkpoint of this ledger cannot be looked for: find out who may "
    "write to that repository, and have it taken away; or compare the ledger with its newest backup, copy the releases "
    "to another repository, and name that one under `releases:`"
)


class KeptCheckpoint(Struct, frozen=True):
    """What one who was asked knows of the ledger.

    where: a place, or the release repository. checkpoint: what it has seen, None where it has seen nothing.
    unknown: why it could not be asked, or not to the end, or why what it keeps does not count. overwritten: what
    stands where this ledger's own checkpoint belongs is none that counts. flooded: there is so much that a newer one
    cannot be looked for. notice: what should be looked at, and stops nothing.
    """

    where: str
    checkpoint: Checkpoint | None = None
    unknown: str | Refusal | None = None
    overwritten: bool = False
    flooded: bool = False
    notice: Refusal | None = None


class CheckpointContradiction(Struct, frozen=True):
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


def contradictions(ledger: Ledger, kept: tuple[KeptCheckpoint, ...]) -> tuple[CheckpointContradiction, ...]:
    """Who knew more of this ledger, or something else. What is of another ledger says nothing of this one."""
    found = []
    for each in kept:
        if each.checkpoint is None or each.checkpoint.ledger != ledger.uuid:
            continue
        problem = ledger.extends(each.checkpoint)
        if problem is not None:
            found.append(CheckpointContradiction(each.where, each.checkpoint, problem))
    return tuple(found)


def require_newest(context: WitnessAccess) -> tuple[Refusal, ...]:
    """Raise `Untrusted` where anybody who can be asked has seen what this copy of the ledger does not have.

    What is to be said though nothing stops for it: fences and checkpoints that do not count.
    """
    kept = kept_checkpoints(context)
    found = contradictions(context.ledger, kept)
    if found:
        size = context.ledger.head().size
        told = "\n".join(describe(each, size) for each in found)
        raise Untrusted(
            f"{told}\nnothing was changed: use the ledger that wrote there, or restore its newest backup with "
            "`ldmrelease ledger import`"
        )
    for each in kept:
        if each.overwritten or each.flooded:
            remedy = RENEWING if each.overwritten else UNFLOODING
            raise Untrusted(f"{each.where}: {each.unknown}\nnothing was changed: {remedy}")
    fences = (each.unknown for each in kept if isinstance(each.unknown, Refusal) and is_ignored(each.unknown))
    return (*fences, *(each.notice for each in kept if each.notice is not None))


def describe(each: CheckpointContradiction, size: int) -> str:
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
    products = [each.name for each in context.topology.products]
    repository = context.registries.open(parse_reference(where))

    def read(envelope: bytes) -> Checkpoint | str:
        opened = verify_checkpoint(envelope, keyring, at=now)
        if isinstance(opened, Rejected):
            return f"it does not count: {opened.code}"
        return opened.body if opened.body.ledger == ledger else OF_ANOTHER

    def ask(tell: Callable[[str, KeptCheckpoint], None]) -> None:
        try:
            tagged = _tagged(repository, tag, read)
        except RegistryError as error:
            tell(where, KeptCheckpoint(where, unknown=str(error)))
            return
        if isinstance(tagged, str):
            tell(where, KeptCheckpoint(where, unknown=f"{tag}: {tagged}", overwritten=True))
            return
        # Told before the slower look at referrers: what was told in time counts.
        tell(where, KeptCheckpoint(where, tagged))
        tell(where, _with_referring(where, tagged, repository, read, products))

    return ask


def _with_referring(
    where: str, tagged: Checkpoint | None, repository: Repository, read: Read, products: Collection[str]
) -> KeptCheckpoint:
    """The newest of the checkpoint at the tag and of those beside releases."""
    found, junk = [] if tagged is None else [tagged], 0
    try:
        for envelope in _referring(repository, products):
            each = read(envelope) if envelope is not None else "it is no checkpoint"
            if isinstance(each, Checkpoint):
                found.append(each)
            elif each != OF_ANOTHER:
                junk += 1
    except (LimitExceeded, BadAnswer) as error:
        return KeptCheckpoint(where, _newest(found), unknown=str(error), flooded=True)
    except RegistryError as error:
        return KeptCheckpoint(where, _newest(found), unknown=str(error))
    notice = Refusal(JUNK, {"where": where, "count": junk}) if junk else None
    return KeptCheckpoint(where, _newest(found), notice=notice)


def _newest(found: Iterable[Checkpoint]) -> Checkpoint | None:
    return max(found, key=lambda each: each.size, default=None)


def _tag(ledger: LedgerReader) -> str:
    return f"checkpoint-{ledger.uuid}"


def _tagged(repository: Repository, tag: str, read: Read) -> Checkpoint | str | None:
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


def _referring(repository: Repository, products: Collection[str]) -> Iterator[bytes | None]:
    """What is kept as checkpoints beside releases: a tag can be pointed at an older one, these stay.

    None for each that pretends to be one and is not looked at, or is not there.
    """
    prefixes = tuple(f"{each}-" for each in products)
    releases = [each for each in reversed(repository.tags()) if each.startswith(prefixes)]
    for tag in releases[:_RELEASES]:
        subject = repository.resolve(tag)
        if subject is not None:
            yield from _beside(repository, subject.digest)


def _beside(repository: Repository, subject: str) -> Iterator[bytes | None]:
    listed = [
        each
        for each in repository.referrers(subject, CHECKPOINT_TYPE)
        if each.artifact_type == CHECKPOINT_TYPE or ANNOTATION in each.annotations
    ]
    yield from (each.annotations[ANNOTATION].encode() for each in listed if ANNOTATION in each.annotations)
    # A registry that leaves annotations out of its lists hides ours among all the others.
    unsaid = [each for each in listed if ANNOTATION not in each.annotations]
    yield from (None for _ in unsaid[:-_REFERRERS])
    for each in unsaid[-_REFERRERS:]:
        yield from _layers(repository, each, subject)


def _layers(repository: Repository, descriptor: Descriptor, subject: str) -> Iterator[bytes | None]:
    # Anybody may put junk there: it takes nothing away from the others.
    try:
        found = read_referrer(repository, descriptor, subject, limit=_ENVELOPE_LIMIT)
    except (NotFound, BadAnswer, DigestMismatch, LimitExceeded):
        found = None
    if found is None:
        yield None
    else:
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
    repository.put_blob(EMPTY_CONFIG)
    repository.put_blob(envelope)
    # The tag first: who floods the list of referrers is not to keep it from moving on.
    digest = repository.put_manifest(_manifest(envelope), MANIFEST_TYPE, _tag(context.ledger))
    subject = repository.resolve(release) if release is not None else None
    if subject is not None:
        layers = [(CHECKPOINT_TYPE, envelope)]
        put_referrers(repository, [subject], CHECKPOINT_TYPE, layers, {ANNOTATION: envelope.decode()})
    return digest


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
