"""Receipts: SLSA Verification Summaries about what a promotion brought into an environment.

A receipt says that the decision was allowed and that the environment's checks passed; there is no other kind
(cosign does not look at the result, so a failed one must not exist). Format: SLSA 1.2 "Verification Summary
Attestation", as trust.md section 1 found cosign and slsa-verifier to accept it.
"""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from msgspec import Struct

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Head
from ldmrelease.domain.images import PlatformImage, check_digest
from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.statements import Statement, Subject, write_statement

SLSA_VERSION = "1.2"
_MOST_SUBJECTS = 1024

# The sigstore bundle as an OCI referrer (sigstore bundle v0.3; cosign "bundle" attestations).
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUNDLE_CONTENT_ANNOTATION = "dev.sigstore.bundle.content"
BUNDLE_CONTENT = "dsse-envelope"
BUNDLE_PREDICATE_ANNOTATION = "dev.sigstore.bundle.predicateType"


class Input(Struct, frozen=True):
    """An attestation that the decision rested on."""

    uri: str
    digest: str


class Resource(Struct, frozen=True):
    """What a receipt is about: an image or the release artifact, where it stands in the environment.

    `repository` is written without tag and digest; `digest` is of the index or the single manifest.
    """

    repository: str
    digest: str
    platforms: tuple[PlatformImage, ...] = ()

    def subjects(self) -> tuple[Subject, ...]:
        """The index, and each platform's manifest under its own name, each digest once."""
        own = Subject(_bare(self.repository), check_digest(self.digest))
        children = (
            Subject(f"{own.name}#{each.platform}", check_digest(each.manifest))
            for each in sorted(self.platforms, key=lambda each: each.platform)
            if each.manifest != self.digest
        )
        return (own, *children)

    def uri(self, environment: str) -> str:
        """The resource as a verifier asks for it; each environment has its own."""
        return f"oci://{_bare(self.repository)}?environment={quote(environment, safe='')}"


class Receipt(Struct, frozen=True):
    """What one promotion proved in one environment; its receipts differ only in their resource.

    `release`, `decision`, `trust` and `policy_digest` are digests (release artifact, decision, keyring,
    policy document); `verified` is when the last check had passed; `head` is the ledger's; `waivers` are
    the ids of waivers in use; `clock` says that the times are those of a workspace with a clock of its own.
    """

    base_uri: str
    program: str
    level: str
    policy_version: int
    policy_digest: str
    environment: str
    cluster_uid: str | None
    release: str
    decision: str
    trust: str
    promotion: str
    head: Head
    verified: datetime
    valid_until: datetime | None
    waivers: tuple[str, ...] = ()
    compressed: bool = False
    clock: bool = False
    inputs: tuple[Input, ...] = ()

    @property
    def verifier(self) -> str:
        """The verifier of a level: each has its own key and id, so that levels cannot be mixed up."""
        return f"{self.base_uri}/levels/{self.level}"

    @property
    def verified_level(self) -> str:
        """`LDM564_COMMISSIONING`; never that clean name for what was compressed or waived."""
        parts = ["LDM564", self.level.upper().replace("-", "_")]
        parts += ["COMPRESSED"] if self.compressed else []
        parts += ["WAIVED"] if self.waivers else []
        return "_".join(parts)

    @property
    def extension(self) -> str:
        """The one key of the predicate that is ours."""
        return f"{self.base_uri}/receipt/v1"


def write_receipt(receipt: Receipt, resource: Resource) -> bytes:
    """The payload to sign, for one image or for the release.

    Raises `ValueError` for digests that are none, or more subjects than verifiers read.
    """
    subjects = resource.subjects()
    if len(subjects) > _MOST_SUBJECTS:
        raise ValueError(f"{len(subjects)} subjects; verifiers read at most {_MOST_SUBJECTS}")
    return write_statement(TYPE.uri, subjects, _predicate(receipt, resource))


class ClaimedReceipt(Struct, frozen=True):
    """What a receipt says it is about; `level` is that of its verifier, `subject` the digest of its resource.

    `clock`: it was signed in a workspace with a clock of its own.
    """

    level: str
    environment: str
    release: str
    promotion: str
    subject: str
    clock: bool


def read_receipt(statement: Statement, base_uri: str) -> ClaimedReceipt | None:
    """What a statement says as a receipt of ours; None where it is not one, or did not pass."""
    predicate = statement.predicate
    if statement.predicate_type != TYPE.uri or predicate.get("verificationResult") != "PASSED":
        return None
    verifier, own = predicate.get("verifier"), predicate.get(f"{base_uri}/receipt/v1")
    levels = f"{base_uri}/levels/"
    if (
        not isinstance(verifier, dict)
        or not str(verifier.get("id")).startswith(levels)
        or not isinstance(own, dict)
    ):
        return None
    environment = own.get("environment")
    named = environment.get("name") if isinstance(environment, dict) else None
    level = str(verifier["id"]).removeprefix(levels)
    release, promotion = str(own.get("release")), str(own.get("promotion"))
    subject, clock = statement.subjects[0].digest, own.get("clock") is True
    return ClaimedReceipt(level, str(named), release, promotion, subject, clock)


def bundle(envelope: dict[str, Any], hint: str) -> bytes:
    """The sigstore bundle of a signed envelope: the one layer of the referrer.

    `hint` names the public key, here its fingerprint; a verifier is given the key itself.
    """
    return canonical.encode(
        {
            "mediaType": BUNDLE_TYPE,
            "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
            "dsseEnvelope": envelope,
        }
    )


def bundle_annotations(predicate_type: str) -> dict[str, str]:
    """The annotations by which cosign finds a bundle among the referrers."""
    return {BUNDLE_CONTENT_ANNOTATION: BUNDLE_CONTENT, BUNDLE_PREDICATE_ANNOTATION: predicate_type}


def _predicate(receipt: Receipt, resource: Resource) -> dict[str, Any]:
    predicate: dict[str, Any] = {
        "verifier": {"id": receipt.verifier, "version": {"ldmrelease": receipt.program}},
        "timeVerified": times.spell(receipt.verified),
        "resourceUri": resource.uri(receipt.environment),
        "policy": {
            "uri": f"{receipt.base_uri}/policies/{receipt.level}/{receipt.policy_version}",
            "digest": _digest_set(receipt.policy_digest),
        },
        "verificationResult": "PASSED",
        "verifiedLevels": [receipt.verified_level],
        "slsaVersion": SLSA_VERSION,
        receipt.extension: _extension(receipt),
    }
    if receipt.inputs:
        predicate["inputAttestations"] = [
            {"uri": each.uri, "digest": _digest_set(each.digest)} for each in receipt.inputs
        ]
    return predicate


def _extension(receipt: Receipt) -> dict[str, Any]:
    return {
        "release": check_digest(receipt.release),
        "decision": check_digest(receipt.decision),
        "trust": check_digest(receipt.trust),
        "environment": {"name": receipt.environment, "clusterUid": receipt.cluster_uid},
        "promotion": receipt.promotion,
        "checkpoint": {"origin": receipt.head.ledger, "size": receipt.head.size, "head": receipt.head.hash},
        "clock": receipt.clock,
        "waivers": list(receipt.waivers),
        "validUntil": None if receipt.valid_until is None else times.spell(receipt.valid_until),
    }


def _digest_set(digest: str) -> dict[str, str]:
    algorithm, _, value = check_digest(digest).partition(":")
    return {algorithm: value}


def _bare(repository: str) -> str:
    # A layout is written `oci:DIRECTORY`; its scheme would stand twice in the resource.
    return repository.removeprefix("oci:")


def _resource(predicate: Predicate) -> tuple[str | None, str | None]:
    """The repository and the environment of a receipt's resource, `oci://REPOSITORY?environment=NAME`."""
    uri = predicate.get("resourceUri")
    try:
        parts = urlsplit(uri) if isinstance(uri, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme != "oci":
        return None, None
    environments = parse_qs(parts.query).get("environment", [])
    return parts.netloc + parts.path, environments[0] if len(environments) == 1 else None


TYPE = StatementType(
    name="receipt",
    uris=("https://slsa.dev/verification_summary/v1",),
    times=(("timeVerified",),),
    environment=lambda predicate: _resource(predicate)[1],
    repository=lambda predicate: _resource(predicate)[0],
    local=True,
)
