"""What a target says is wanted there: an image of a component, by tag, by digest or by both."""

from msgspec import Struct


class ImageSetting(Struct, frozen=True):
    """One setting's word about an image.

    tag and digest: None where the setting does not say it; both None where it names no image (empty, or not
        read as text, so that the chart would take something else).
    alias: the name in a menu that stands for this tag; None for a setting that makes an image run or live.
    """

    component: str
    path: str
    line: int
    tag: str | None = None
    digest: str | None = None
    alias: str | None = None
