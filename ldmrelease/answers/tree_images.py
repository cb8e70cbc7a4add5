"""Which images a GitOps tree asks for."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.spellings import PlaceName
from ldmrelease.domain.topology import Place
from ldmrelease.trees.interface import TemplateLine, TreeImage
from ldmrelease.trees.scalar_addresses import path_text
from ldmrelease.trees.values import YamlScalar


class ImagePart(msgspec.Struct, frozen=True, kw_only=True):
    """A scalar that decides an image: where it is written, and what it says as templates print it."""

    file: str
    line: int
    path: str
    value: str | None


class TemplatePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a chart's template."""

    file: str
    line: int


class DesiredImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a tree asks for.

    `kind`, `name` and `container` are those of the rendered object, null where the tree was only read. `image` is null
    where a part of it is decided elsewhere, such as by a chart that is not in the tree. `place` is the workspace's,
    where a setting of it is one of the parts; null where nobody manages the image, and where a folder is looked at.
    `template` is where an image without parts stands in the text of a template, null where nothing is known of that.
    """

    environment: str
    application: str
    kind: str | None
    name: str | None
    container: str | None
    image: str | None
    parts: tuple[ImagePart, ...]
    place: PlaceName | None
    template: TemplatePlace | None


DesiredImages = list[DesiredImageAnswer]


def desired_answers(images: Iterable[tuple[TreeImage, Place | None]]) -> DesiredImages:
    """Every image of a tree, with the place that manages it."""
    return [
        DesiredImageAnswer(
            environment=each.environment,
            application=each.application,
            kind=each.kind,
            name=each.name,
            container=each.container,
            image=each.image,
            parts=tuple(map(_part, each.parts)),
            place=str(place) if place is not None else None,
            template=_template(each.template),
        )
        for each, place in images
    ]


def _template(at: TemplateLine | None) -> TemplatePlace | None:
    return TemplatePlace(file=at.file, line=at.line) if at is not None else None


def _part(scalar: YamlScalar) -> ImagePart:
    return ImagePart(file=scalar.file, line=scalar.line, path=path_text(scalar.path), value=scalar.printed())
