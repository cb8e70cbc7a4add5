"""References, digests, platforms and the identity of an image: the nouns of what is run.

A reference is parsed once, at the edge, and is a value from then on. The grammar of registry references is
that of the OCI distribution specification 1.1 ("Pulling manifests"); `oci:DIRECTORY[:tag]` is skopeo's
spelling of an OCI-layout directory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*",
)
_HOST = re.compile(
    r"(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::[0-9]{1,5})?",
)
_OS_VERSION = re.compile(r"\([0-9.]+\)")
_PLATFORM_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")

LAYOUT_SCHEME = "oci:"
_LONGEST_REPOSITORY = 255
# What docker writes without a host belongs to this one; Kubernetes reports the full name.
_DEFAULT_REGISTRY = "docker.io"
_DEFAULT_NAMESPACE = "library"

_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "i386": ("386", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
# The variant that containerd takes for granted, so that one platform has one spelling.
_IMPLIED_VARIANTS = {("amd64", "v1"), ("arm64", "v8"), ("arm64", "8")}


def digest_of(content: bytes) -> str:
    """The digest of these bytes, as `sha256:<64 lower-case hex digits>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def check_digest(text: str) -> str:
    """Return the text if it is a digest we accept (SHA-256, lower case).

    Raises ValueError otherwise: other algorithms and upper-case digits would give one artifact two names.
    """
    if not _DIGEST.fullmatch(text):
        raise ValueError(f"not a digest: {text!r} (expected sha256: and 64 lower-case hexadecimal digits)")
    return text


def check_tag(text: str) -> str:
    """Return the text if it can be a tag of an image; raises ValueError otherwise."""
    if not _TAG.fullmatch(text):
        raise ValueError(
            f"not an image tag: {text!r} (letters, digits, '_', '.', '-'; at most 128, first no '.' or '-')"
        )
    return text


def is_digest(text: str) -> bool:
    """Whether the text names content (a digest) and not a movable tag."""
    return bool(_DIGEST.fullmatch(text))


class Carrier(StrEnum):
    """What holds a repository of images."""

    REGISTRY = "registry"
    LAYOUT = "oci"


class Reference(Struct, frozen=True):
    """Where an image is: a repository, and in it a tag, a digest, both or neither.

    `registry` is `host[:port]`, empty for a layout; `repository` is the path at that host, or the directory
    of the layout as it was written (relative ones are resolved by whoever opens it).
    """

    carrier: Carrier
    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """The repository without tag and digest, as the user writes it."""
        if self.carrier is Carrier.LAYOUT:
            return LAYOUT_SCHEME + self.repository
        return f"{self.registry}/{self.repository}"

    @property
    def target(self) -> str | None:
        """What to ask the repository for: the digest if there is one, else the tag."""
        return self.digest or self.tag

    def with_tag(self, tag: str) -> Reference:
        """The same repository at this tag alone; raises ValueError for what is not a tag."""
        return replace(self, tag=check_tag(tag), digest=None)

    def with_digest(self, digest: str) -> Reference:
        """The same repository at this digest alone; raises ValueError for what is not a digest."""
        return replace(self, tag=None, digest=check_digest(digest))

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def parse_reference(text: str) -> Reference:
    """Parse `oci:DIRECTORY[:tag][@digest]` or `[host[:port]/]path[:tag][@digest]`.

    A name without a host is docker's (`lsstsqre/centos:7` is at docker.io). No tag is ever assumed.
    Raises ValueError, saying which part is wrong.
    """
    rest, at, digest = text.partition("@")
    if at:
        _explained(text, check_digest, digest)
    if rest.startswith(LAYOUT_SCHEME):
        return _parse_layout(text, rest.removeprefix(LAYOUT_SCHEME), digest or None)
    return _parse_registry(text, rest, digest or None)


def _parse_layout(text: str, rest: str, digest: str | None) -> Reference:
    # skopeo splits at the first colon, so a directory with a colon has no spelling.
    directory, colon, tag = rest.partition(":")
    if colon:
        _explained(text, check_tag, tag)
    if not directory or not directory.isprintable():
        raise ValueError(f"not an image reference: {text!r}: no directory after 'oci:'")
    return Reference(Carrier.LAYOUT, "", str(PurePosixPath(directory)), tag or None, digest)


def _parse_registry(text: str, rest: str, digest: str | None) -> Reference:
    if "://" in rest:
        raise ValueError(f"not an image reference: {text!r}: leave out the scheme, write host/path:tag")
    path, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        path, colon, tag = rest, "", ""
    if colon:
        _explained(text, check_tag, tag)
    registry, repository = _split_host(path)
    if not _is_host(registry):
        raise ValueError(f"not an image reference: {text!r}: {registry!r} is not a host[:port]")
    if not _REPOSITORY.fullmatch(repository) or len(repository) > _LONGEST_REPOSITORY:
        raise ValueError(
            f"not an image reference: {text!r}: {repository!r} is not a repository path "
            "(lower-case letters and digits, joined by '.', '_', '__', '-' and '/')"
        )
    return Reference(Carrier.REGISTRY, registry, repository, tag or None, digest)


def _split_host(path: str) -> tuple[str, str]:
    host, slash, repository = path.partition("/")
    # Docker's rule: the first part is a host only if it cannot be a directory of its own hub.
    if slash and (set(host) & set(".:") or host == "localhost" or host != host.lower()):
        return host.lower(), repository
    return _DEFAULT_REGISTRY, path if slash else f"{_DEFAULT_NAMESPACE}/{path}"


def _is_host(text: str) -> bool:
    if not _HOST.fullmatch(text):
        return False
    port = text.rpartition("]")[2].partition(":")[2]
    return not port or 0 < int(port) < 65536


def _explained(text: str, check: Callable[[str], str], part: str) -> None:
    try:
        check(part)
    except ValueError as error:
        raise ValueError(f"not an image reference: {text!r}: {error}") from None


def normalise_platform(text: str) -> str:
    """One spelling of `os/architecture[/variant]`: `linux/aarch64` is `linux/arm64`; raises ValueError."""
    parts = text.split("/")
    if len(parts) not in (2, 3):
        raise ValueError(f"not a platform: {text!r} (expected os/architecture[/variant], as linux/amd64)")
    return platform_of(*parts)


def platform_of(os: str, architecture: str, variant: str = "") -> str:
    """The platform's one spelling from the fields of an index entry or of an image's configuration.

    Raises ValueError for parts that are empty or hold what does not belong there.
    """
    os, architecture, variant = os.lower(), architecture.lower(), variant.lower()
    if architecture in _ARCHITECTURES:
        architecture, implied = _ARCHITECTURES[architecture]
        variant = variant or implied
    if architecture == "arm":
        variant = variant or "v7"
    if (architecture, variant) in _IMPLIED_VARIANTS:
        variant = ""
    parts = [os, architecture, *([variant] if variant else [])]
    if not all(_PLATFORM_PART.fullmatch(part) for part in parts):
        raise ValueError(
            f"not a platform: {'/'.join(parts)!r} (expected os/architecture[/variant], as linux/amd64)"
        )
    return "/".join(parts)


class PlatformImage(Struct, frozen=True):
    """One platform's image: the digests of its manifest and of its configuration."""

    platform: str
    manifest: str
    config: str


def with_os_version(platform: str, version: str) -> str:
    """The platform of one build of an operating system: `windows(10.0.20348.1)/amd64`, as containerd spells it."""
    os, slash, rest = platform.partition("/")
    return f"{os}({version}){slash}{rest}"


def without_os_version(platform: str) -> str:
    """A platform, whichever build of its operating system it is for."""
    return _OS_VERSION.sub("", platform)


class ImageIdentity(Struct, frozen=True):
    """All names by which a cluster may report one image.

    `index` is the digest of what the tag names: an index, or the single manifest itself. `platforms` is
    sorted by platform, each at most once.
    """

    index: str
    platforms: tuple[PlatformImage, ...]

    def digests(self) -> frozenset[str]:
        """Index, manifests and configurations: a running container reports any one of them."""
        return frozenset({self.index}).union(*((each.manifest, each.config) for each in self.platforms))

    def platform(self, platform: str) -> PlatformImage | None:
        """The image of this (normalised) platform, if there is one; of several builds of an OS the first."""
        return next(
            (
                each
                for each in self.platforms
                if platform in (each.platform, without_os_version(each.platform))
            ),
            None,
        )


class ImageProblem(Struct, frozen=True):
    """Why what a reference names has no identity: a finding, not an exception.

    `code` is one of `absent` (nothing there), `child-absent` (the index names a manifest that is not there),
    `nested-index`, `duplicate-platform`, `no-platform`, `not-an-image` and `schema-1` (Docker's form before 2016);
    `subject` is the reference, digest
    or platform it is about.
    """

    code: str
    subject: str
