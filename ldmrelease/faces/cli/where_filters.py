"""The options of `ldmrelease where` that say which images are meant: by release, image or component."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.yaml.suggestions import did_you_mean, nearest
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.faces.cli.arguments import known_release
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.output import say
from ldmrelease.services.context import ReadContext
from ldmrelease.services.inventory.selection import ImageFilters
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow

if TYPE_CHECKING:
    from ldmrelease.services.inventory.image_query import ImageQuery

ReleaseFilter = Annotated[
    str | None,
    typer.Option("--release", "-r", metavar="RELEASE", help="Images of one release, such as w.2023.16."),
]
ImageFilter = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="DIGEST | REF",
        help="One image: its digest or the beginning of it, tag, or reference.",
    ),
]
ComponentFilter = Annotated[
    str | None,
    typer.Option("--component", metavar="COMPONENT", help="Images of one component, such as stack/lab."),
]


EnclaveFilter = Annotated[
    str | None,
    typer.Option("--enclave", metavar="ENCLAVE", help="Places of an enclave (`sites` in ldmrelease.yaml)."),
]


def in_enclave(topology: Topology, enclave: str | None) -> frozenset[Place] | None:
    """The places of an enclave, whichever site has it; None without one. Raises `UsageError`."""
    if enclave is None:
        return None
    found = [each for each in topology.enclaves if enclave in (each.enclave, f"{each.site}/{each.enclave}")]
    if not found:
        known = {each.enclave for each in topology.enclaves}
        remedy = f"{did_you_mean(enclave, known)}; the sites in ldmrelease.yaml say which places are in which"
        raise UsageError(f"no places are said to be in an enclave {enclave!r}", remedy)
    return frozenset(place for each in found for place in each.places)


class TypedFilters(Struct, frozen=True):
    """What was typed."""

    release: str | None = None
    image: str | None = None
    component: str | None = None

    def given(self) -> dict[str, str | None]:
        """By the names of the options."""
        return {"--release": self.release, "--image": self.image, "--component": self.component}


def read_filters(context: ReadContext, typed: TypedFilters, product: str | None) -> ImageFilters:
    """What the options mean. Raises `UsageError` for a release that is not pinned, an unknown component, and what
    names no image.
    """
    release, revision = None, None
    if typed.release is not None:
        text, at, number = typed.release.partition("@")
        release = known_release(context, text, product)
        revision = _revision(context, release, number) if at else None
    image = _image(typed.image) if typed.image is not None else None
    _require_component(context.topology, typed.component)
    return ImageFilters(release, revision, typed.component, image)


def require_image(context: ReadContext, typed: str, query: "ImageQuery", rows: Iterable[PlaceRow]) -> None:
    """Raise `UsageError` where an image that was found nowhere is in no pin and at no place either. Of a pinned one say
    whose it is: the release may run by images of other tags.
    """
    from ldmrelease.services.inventory.image_query import (  # noqa: PLC0415 - where an image is asked for
        is_known,
        pinned_releases,
    )

    seen = [each for each in rows if isinstance(each, PlaceComponent)]
    components: dict[str, list[str]] = {}
    for product, component, release in pinned_releases(context, query.tag) if query.tag is not None else ():
        components.setdefault(f"{product}/{release}", []).append(component)
    for release, names in components.items():
        say(
            f"{query.tag} is the tag of {listed(names)} in {release}; all of its images: "
            f"ldmrelease where --release {release}",
            err=True,
        )
    if is_known(context, query) or any(query.has(None, each.spelling, each.digest) for each in seen):
        return
    sources = {each.source for product in context.topology.products for each in product.components}
    near = nearest(typed, {*(each.spelling for each in seen), *sources})
    raise UsageError(
        f"no release has the image {typed!r}, and no place", f"did you mean {near}?" if near else ""
    )


def _revision(context: ReadContext, release: str, number: str) -> int:
    product, _, tag = release.partition("/")
    known = [each.body.revision for each in context.pins.revisions(product, tag)]
    found = next((each for each in known if str(each) == number), None)
    if found is None:
        raise UsageError(
            f"{release} has no revision {number!r}", f"it has {', '.join(f'{tag}@{each}' for each in known)}"
        )
    return found


def _image(text: str) -> "ImageQuery":
    from ldmrelease.services.inventory.image_query import image_query  # noqa: PLC0415 - as above

    try:
        return image_query(text)
    except ValueError as error:
        raise UsageError(f"--image: {error}", "name a digest, a tag, or a reference") from None


def _require_component(topology: Topology, component: str | None) -> None:
    names = [(product.name, each.name) for product in topology.products for each in product.components]
    known = {name for product, each in names for name in (each, f"{product}/{each}")}
    if component is not None and component not in known:
        raise UsageError(f"there is no component {component!r}", did_you_mean(component, known))
