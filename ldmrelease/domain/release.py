"""A release: what a product's tag means, bound to digests (LDM-564 2.1).

Its document has no time, no actor and no reason, so that whoever pins the same thing gets the same bytes.
"""

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.images import ImageIdentity, PlatformImage
from ldmrelease.domain.topology import ComponentKind

ARTIFACT_TYPE = "application/vnd.ldmrelease.release.v1+json"


class Component(Struct, frozen=True):
    """One artifact of a release.

    `digest` is the index (or single manifest) of an image, `gitCommit:<sha1>` of a configuration, the
    content digest of a build; `spelling` is the tag as its source spells it; `build_id` is the EUPS build.
    """

    name: str
    kind: ComponentKind
    source: str
    spelling: str
    digest: str
    platforms: tuple[PlatformImage, ...] = ()
    derived_from: str | None = None
    build_id: str | None = None

    @property
    def identity(self) -> ImageIdentity:
        """Every digest by which a cluster may name this image."""
        return ImageIdentity(self.digest, self.platforms)


class Release(Struct, frozen=True):
    """Product x tag, pinned. `missing` names components that are not there yet: then it is open."""

    product: str
    tag: str
    kind: str
    components: tuple[Component, ...]
    missing: tuple[str, ...]
    content: str | None
    schema: int = 1

    @property
    def complete(self) -> bool:
        """Every component of the product is pinned; only complete releases are promoted."""
        return not self.missing

    @property
    def name(self) -> str:
        """`product/tag`."""
        return f"{self.product}/{self.tag}"

    def component(self, name: str) -> Component | None:
        """The component of that name."""
        return next((each for each in self.components if each.name == name), None)

    @property
    def images(self) -> tuple[Component, ...]:
        """The components that are images."""
        return tuple(each for each in self.components if each.kind is ComponentKind.IMAGE)

    @property
    def repositories(self) -> tuple[str, ...]:
        """Where its images are, each once: who speaks of the release speaks of all of them."""
        return tuple(sorted({each.source for each in self.images}))

    def document(self) -> bytes:
        """The canonical bytes: the one layer of the release artifact."""
        return canonical.encode(self)


EMPTY_CONFIG = b"{}"
EMPTY_CONFIG_TYPE = "application/vnd.oci.empty.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def artifact_manifest(document: bytes) -> bytes:
    """The OCI manifest of the release artifact whose layer is `document`.

    The digest of these bytes is the release's digest: statements about the release have it as subject
    (OCI image specification 1.1, guidelines for artifact usage).
    """
    return canonical.encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": ARTIFACT_TYPE,
            "config": {
                "mediaType": EMPTY_CONFIG_TYPE,
                "digest": canonical.digest(EMPTY_CONFIG),
                "size": len(EMPTY_CONFIG),
            },
            "layers": [
                {"mediaType": ARTIFACT_TYPE, "digest": canonical.digest(document), "size": len(document)}
            ],
        }
    )


def release_digest(release: Release) -> str:
    """The digest of the release artifact's manifest."""
    return canonical.digest(artifact_manifest(release.document()))
