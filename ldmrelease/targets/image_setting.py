"""What a target says is wanted there: an image of a component, by tag, by digest or by both, and where it is."""

from msgspec import Struct

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.site_registry import FOREIGN_IMAGE, ForeignImage, OwnRepositories
from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.targets.results import Refusal

_LONGEST = 200
"""Characters of what names no image that are told."""


class NamedRepository(Struct, frozen=True):
    """The repository that a target names for an image.

    text: as it stands there; empty where the configuration names a setting that is not there.
    is_registry: it is the registry alone, and the path stands elsewhere.
    file, path, line: where it stands; `line` starts at 1, and is 0 where there is no file.
    """

    text: str
    file: str
    path: str
    line: int
    is_registry: bool = False


class ImageSetting(Struct, frozen=True):
    """One setting's word about an image.

    tag and digest: None where the setting does not say it; both None where it names no image.
    invalid: what stands there where that names no image; None where it names one.
    alias: the name in a menu that stands for this tag; None for a setting that makes an image run or live.
    repository: where the image is said to be; None where nothing there says it.
    """

    component: str
    path: str
    line: int
    tag: str | None = None
    digest: str | None = None
    alias: str | None = None
    invalid: str | None = None
    repository: NamedRepository | None = None

    @property
    def image(self) -> str:
        """The whole reference, as far as it is named here."""
        name = self.repository.text if self.repository is not None else ""
        if self.invalid is not None:
            return self.invalid
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{name}{tag}{digest}" if name else self.tag or self.digest or ""


class NamedImage(Struct, frozen=True):
    """The image that a text names: by tag, digest or both; `invalid` is a text that names none.

    `repository` is the part of a whole reference that says where it is, as it is written.
    """

    tag: str | None = None
    digest: str | None = None
    invalid: str | None = None
    repository: str | None = None


def named_by_tag(text: str) -> NamedImage:
    """The image of a text that has to be a tag."""
    return NamedImage(tag=text) if image_tag_fault(text) is None else not_an_image(text)


def named_by_tag_and_digest(text: str) -> NamedImage:
    """The image of a text that has to be a tag, and may have a digest behind it: `15.2.0@sha256:...`."""
    tag, at, digest = text.partition("@")
    if image_tag_fault(tag) is not None or (at and not is_digest(digest)):
        return not_an_image(text)
    return NamedImage(tag, digest or None)


def named_by_reference(text: str) -> NamedImage:
    """The image of a text that has to be a whole reference, with a tag or a digest."""
    try:
        reference = parse_reference(text)
    except ValueError:
        return not_an_image(text)
    if reference.target is None:
        return NamedImage(invalid=text[:_LONGEST], repository=text)
    return NamedImage(reference.tag, reference.digest, repository=repository_in(text, reference.tag))


def repository_in(text: str, tag: str | None) -> str:
    """A reference as it is written, without its tag and digest."""
    return text.partition("@")[0].removesuffix(f":{tag}" if tag else "")


def not_an_image(text: str) -> NamedImage:
    """What is no image, as far as it is told."""
    return NamedImage(invalid=text[:_LONGEST])


def foreign_refusal(foreign: ForeignImage) -> Refusal:
    """Why nothing is written where another repository is named."""
    values = {"file": foreign.file, "path": foreign.path, "found": foreign.found}
    line = {"line": foreign.line} if foreign.line else {}
    return Refusal(FOREIGN_IMAGE, {**values, **line, "expected": list(foreign.expected)})


def foreign_image(setting: ImageSetting, own: OwnRepositories) -> ForeignImage | None:
    """Where a setting names another repository than the component's; None where it names none, or one of those."""
    named = setting.repository
    if named is None or (own.has_registry(named.text) if named.is_registry else own.has(named.text)):
        return None
    return ForeignImage(named.file, named.line, named.path, named.text[:_LONGEST], own.names)
