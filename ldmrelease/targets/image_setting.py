"""What a target says is wanted there: an image of a component, by tag, by digest or by both."""

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.tags.imagetag import image_tag_fault

_LONGEST = 200
"""Characters of what names no image that are told."""


class ImageSetting(Struct, frozen=True):
    """One setting's word about an image.

    tag and digest: None where the setting does not say it; both None where it names no image.
    invalid: what stands there where that names no image; None where it names one.
    alias: the name in a menu that stands for this tag; None for a setting that makes an image run or live.
    """

    component: str
    path: str
    line: int
    tag: str | None = None
    digest: str | None = None
    alias: str | None = None
    invalid: str | None = None


class SettingImage(Struct, frozen=True):
    """The image that a text names: by tag, digest or both; `invalid` is a text that names none."""

    tag: str | None = None
    digest: str | None = None
    invalid: str | None = None


def named_by_tag(text: str) -> SettingImage:
    """The image of a text that has to be a tag."""
    return SettingImage(tag=text) if image_tag_fault(text) is None else not_an_image(text)


def named_by_reference(text: str) -> SettingImage:
    """The image of a text that has to be a whole reference, with a tag or a digest."""
    try:
        reference = parse_reference(text)
    except ValueError:
        return not_an_image(text)
    return (
        SettingImage(reference.tag, reference.digest) if reference.target is not None else not_an_image(text)
    )


def not_an_image(text: str) -> SettingImage:
    """What is no image, as far as it is told."""
    return SettingImage(invalid=text[:_LONGEST])
