"""What an image says of itself: the labels and variables of its configuration, the annotations of its manifest.

Both are named by digests, so what was read once is read for good (`digest_cache`). Whoever built the image wrote them:
they are claims of its builder, and may be anything.
"""

from collections.abc import Mapping

from msgspec import Struct

from ldmrelease.domain.images import check_digest
from ldmrelease.registry.manifests import parse_object

LARGEST = 1_000_000
"""Bytes of a configuration or manifest that is read for its labels."""
_MOST = 1000
_LONGEST = 1000
_MOST_PLATFORMS = 32


class ImageConfig(Struct, frozen=True):
    """`labels` and `variables` (its environment) of an image's configuration."""

    labels: dict[str, str]
    variables: dict[str, str]


def read_config(content: bytes) -> ImageConfig:
    """Read the configuration of an image (OCI image specification 1.1, `config`). Raises ValueError."""
    config = parse_object(content).get("config")
    if not isinstance(config, dict):
        return ImageConfig({}, {})
    variables = config.get("Env")
    pairs = [each.partition("=") for each in variables or () if isinstance(each, str)]
    return ImageConfig(_texts(config.get("Labels")), _texts({name: value for name, _, value in pairs}))


def read_annotations(content: bytes) -> dict[str, str]:
    """The annotations of a manifest or index. Raises ValueError."""
    return _texts(parse_object(content).get("annotations"))


def config_digest(manifest: bytes) -> str:
    """The digest of an image's configuration, by the bytes of its manifest. Raises ValueError."""
    config = parse_object(manifest).get("config")
    return check_digest(str(config.get("digest")) if isinstance(config, dict) else "")


def child_images(content: bytes) -> list[str]:
    """The digests of the images in an index, without what is attached to them; none for a manifest of one image.

    Raises ValueError for an index with too many images, or with none.
    """
    entries = parse_object(content).get("manifests")
    if not isinstance(entries, list):
        return []
    known = [each for each in entries if isinstance(each, dict) and _is_image(each.get("platform"))]
    if not 0 < len(known) <= _MOST_PLATFORMS:
        raise ValueError(f"an index of {len(known)} images")
    return [check_digest(str(each.get("digest"))) for each in known]


def _is_image(platform: object) -> bool:
    """What is built beside an image, such as its provenance, has a platform `unknown`."""
    return isinstance(platform, dict) and platform.get("architecture") not in (None, "unknown")


def agreed(told: list[dict[str, str]]) -> dict[str, str]:
    """What all platforms of an image say alike: of a label that differs between them nothing can be said."""
    first, *others = told or [{}]
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}


def _texts(found: object) -> dict[str, str]:
    """Short texts by their names; what is longer, or no text, is left out."""
    if not isinstance(found, Mapping):
        return {}
    pairs = (
        (name, value) for name, value in found.items() if isinstance(name, str) and isinstance(value, str)
    )
    fit = [
        (name, value)
        for name, value in pairs
        if len(name) + len(value) <= _LONGEST and _is_text(name + value)
    ]
    return dict(fit[:_MOST])


def _is_text(text: str) -> bool:
    """Whether it is more than halves of characters, which JSON can spell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
