"""Where the bytes of a bundle are: in a file, or at a tag or digest of a registry, as an OCI artifact of one layer."""

from pathlib import Path

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.images import LAYOUT_SCHEME, Carrier, Reference, parse_reference
from ldmrelease.domain.release import EMPTY_CONFIG, EMPTY_CONFIG_TYPE, MANIFEST_TYPE
from ldmrelease.registry.errors import BadAnswer, reading_answer
from ldmrelease.registry.manifests import Descriptor, write_object
from ldmrelease.registry.opening import Registries
from ldmrelease.trust.bundles import BUNDLE_TYPE, LIMIT

SCHEME = "oci://"


class NoBundle(InputError):
    """Where a bundle is said to be, nothing can be read."""


def is_reference(text: str) -> bool:
    """Whether a text names an artifact (`oci://host/path:tag`, `oci:FOLDER:tag`) and not a file."""
    return text.startswith(LAYOUT_SCHEME)


def artifact_reference(text: str) -> Reference:
    """The artifact that a text names, with a tag or a digest. Raises `NoBundle`."""
    try:
        reference = parse_reference(text.removeprefix(SCHEME))
    except ValueError as error:
        raise NoBundle(str(error)) from None
    if reference.target is None:
        raise NoBundle(f"{text}: name a tag or a digest behind it, such as {text}:production")
    return reference


def source_of(reference: Reference) -> str:
    """How an artifact is named where a file could be."""
    return str(reference) if reference.carrier is Carrier.LAYOUT else f"{SCHEME}{reference}"


def read_bundle(text: str, registries: Registries) -> bytes:
    """The envelope of the bundle in a file or an artifact, not yet verified. What is too large is not read.

    Raises `NoBundle`, `RegistryError`.
    """
    return _of_artifact(artifact_reference(text), registries) if is_reference(text) else _of_file(Path(text))


def _of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise NoBundle(f"{path}: {error.strerror}; name the file of a bundle") from error
    if len(data) > LIMIT:
        raise NoBundle(f"{path}: it has more than {LIMIT} bytes, and a bundle has less")
    return data


def _of_artifact(reference: Reference, registries: Registries) -> bytes:
    repository = registries.open(reference)
    manifest = repository.manifest(reference.target or "")
    with reading_answer("GET", repository.name):
        layers = [each for each in manifest.layers() if each.media_type == BUNDLE_TYPE]
    if len(layers) != 1:
        raise BadAnswer(f"it has {len(layers)} bundles", method="GET", repository=repository.name)
    return repository.blob(layers[0].digest, limit=LIMIT)


def push_bundle(envelope: bytes, reference: Reference, registries: Registries) -> str:
    """Put a bundle into a registry, under the reference's tag; the digest of its manifest. Raises `RegistryError`."""
    repository = registries.open(reference)
    repository.put_blob(EMPTY_CONFIG)
    repository.put_blob(envelope)
    return repository.put_manifest(_manifest(envelope), MANIFEST_TYPE, reference.tag)


def _manifest(envelope: bytes) -> bytes:
    layer = Descriptor(BUNDLE_TYPE, canonical.digest(envelope), len(envelope))
    config = Descriptor(EMPTY_CONFIG_TYPE, canonical.digest(EMPTY_CONFIG), len(EMPTY_CONFIG))
    return write_object(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": BUNDLE_TYPE,
            "config": config.as_json(),
            "layers": [layer.as_json()],
        }
    )
