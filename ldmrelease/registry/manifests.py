"""Descriptors and manifests, as both carriers give them (OCI image specification 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain.images import check_digest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

SCHEMA_1_TYPES = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_INDEX})
IMAGE_CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG})
# In this order: a registry that keeps several forms is to give the newer one.
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)

# The blob that stands for "no configuration" in an artifact's manifest.
EMPTY_JSON = b"{}"

Json = dict[str, Any]


class Descriptor(Struct, frozen=True):
    """A pointer to content: its type, digest and size in bytes, and what its writer says about it.

    `artifact_type` and `annotations` are claims of whoever wrote the entry, not facts about the content.
    `platform` is the entry's platform object, unread.
    """

    media_type: str
    digest: str
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        # Without the mappings, which have none.
        return hash((self.media_type, self.digest, self.size, self.artifact_type))

    def as_json(self) -> Json:
        """The descriptor as it is written into an index or a manifest."""
        entry: Json = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.artifact_type is not None:
            entry["artifactType"] = self.artifact_type
        if self.annotations:
            entry["annotations"] = dict(self.annotations)
        if self.platform is not None:
            entry["platform"] = dict(self.platform)
        return entry


class Manifest(Struct, frozen=True, dict=True):
    """A manifest or index: the exact bytes that its digest names, and the type under which it was given.

    It is parsed once.
    """

    content: bytes
    media_type: str
    digest: str

    def json(self) -> Json:
        """The parsed object, which is not to be changed; raises ValueError if it is none."""
        return self._body

    @cached_property
    def _body(self) -> Json:
        return parse_object(self.content)

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests instead of layers."""
        return self.media_type in INDEX_TYPES

    def descriptor(self) -> Descriptor:
        """What points to this manifest, with the artifact type and annotations that its own bytes state.

        This is what the specification wants in a list of referrers. Raises ValueError for broken bytes.
        """
        body = self.json()
        artifact_type = body.get("artifactType") or _config_type(body)
        return Descriptor(
            self.media_type,
            self.digest,
            len(self.content),
            artifact_type if isinstance(artifact_type, str) else None,
            _annotations(body),
        )

    def may_name(self, digest: str) -> bool:
        """Whether the digest can stand in it at all, by a look at the bytes: False is certain."""
        return digest.encode() in self.content or b"\\" in self.content

    def children(self) -> tuple[Descriptor, ...]:
        """The manifests of an index; raises ValueError for broken bytes."""
        return tuple(parse_descriptor(entry) for entry in _list(self.json(), "manifests"))

    def blobs(self) -> tuple[Descriptor, ...]:
        """Configuration and layers of an image or artifact, in order; raises ValueError for broken bytes."""
        body = self.json()
        return (self.config(), *(parse_descriptor(entry) for entry in _list(body, "layers")))

    def config(self) -> Descriptor:
        """The configuration of an image or artifact; raises ValueError for broken bytes."""
        return parse_descriptor(self.json().get("config"))

    def layers(self) -> tuple[Descriptor, ...]:
        """The layers of an image or artifact; raises ValueError for broken bytes."""
        return self.blobs()[1:]

    def subject(self) -> str | None:
        """The digest of what this manifest is about, if it is about something; raises ValueError."""
        entry = self.json().get("subject")
        return None if entry is None else parse_descriptor(entry).digest


def parse_object(content: bytes) -> Json:
    """Parse a JSON object; raises ValueError for anything else, duplicate keys among it."""
    value = _read_exactly(content)
    if value is None:
        try:
            import json  # noqa: PLC0415 - few manifests are spelled so

            value = json.loads(content, object_pairs_hook=_unique)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _read_exactly(content: bytes) -> object:
    """What bytes spell that come out again as they were, and so have no key twice; None for all others.

    So come out those of `write_object`, and of everybody who sorts keys and leaves out blanks.
    """
    try:
        value = msgspec.json.decode(content)
        return value if msgspec.json.encode(value, order="sorted") == content else None
    except (ValueError, RecursionError):
        return None


def write_object(value: Json) -> bytes:
    """The bytes of a manifest or index that we write ourselves: sorted keys, no blanks, so that they
    repeat.
    """
    import json  # noqa: PLC0415 - where something is written

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def parse_descriptor(value: object) -> Descriptor:
    """A descriptor from parsed JSON; raises ValueError for what is none."""
    if not isinstance(value, dict):
        raise ValueError("a descriptor is missing")
    media_type, size = value.get("mediaType"), value.get("size")
    if not isinstance(media_type, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError("a descriptor has no media type or no size")
    artifact_type, platform = value.get("artifactType"), value.get("platform")
    return Descriptor(
        media_type,
        check_digest(str(value.get("digest"))),
        size,
        artifact_type if isinstance(artifact_type, str) else None,
        _annotations(value),
        platform if isinstance(platform, dict) else None,
    )


def _list(body: Json, key: str) -> list[object]:
    value = body.get(key)
    if not isinstance(value, list):
        raise ValueError(f"no list of {key}")
    return value


def _annotations(body: Json) -> dict[str, str]:
    value = body.get("annotations") or {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError("annotations are not a map of strings")
    return value


def _config_type(body: Json) -> object:
    config = body.get("config")
    return config.get("mediaType") if isinstance(config, dict) else None


def _unique(pairs: list[tuple[str, object]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value
