"""What is known of an image at a place and of its release: the fields that a question (`where --having`) may ask for.

What is not known is left out, with the reason, and never stands as an empty text: a question that needs it has no
answer. Of a release that is its pin, signed; the versions of EUPS products are in the list that the pin names by its
digest. Labels are in the image's configuration (`image_metadata`).
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.tags import Tag, parse
from ldmrelease.domain.tags.cycles import cycle_of_image, cycle_of_tag
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import Place
from ldmrelease.expressions.cel import FieldType
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.services.releases.pin import Pinned

_TEXT, _MAP = FieldType.TEXT, FieldType.TEXT_MAP


class KnownField(Struct, frozen=True):
    """A field of questions: its type, and what it is."""

    type: FieldType
    meaning: str


FIELDS: Mapping[str, KnownField] = {
    "environment": KnownField(_TEXT, "the place's environment, as `summit`"),
    "level": KnownField(_TEXT, "the place's level, as `production`"),
    "application": KnownField(_TEXT, "the place's application"),
    "interfaces": KnownField(
        _MAP, "schemas and protocols that the environment has, as the workspace states them (`provides`)"
    ),
    "product": KnownField(_TEXT, "the product, as the workspace names it"),
    "component": KnownField(_TEXT, "the component whose image it is"),
    "image": KnownField(_TEXT, "the image's tag or reference, as it is spelled at the place"),
    "digest": KnownField(_TEXT, "the image's digest"),
    "aliases": KnownField(FieldType.TEXTS, "the names that stand for it in a menu, as `recommended`"),
    "state": KnownField(_TEXT, "`committed`, `running`, or why it does not run"),
    "since": KnownField(FieldType.TIME, "when it was first seen there"),
    "release.tag": KnownField(_TEXT, "the release's tag, as `w.2023.15`"),
    "release.kind": KnownField(_TEXT, "`weekly`, `release`, `candidate`, ..."),
    "release.version": KnownField(_TEXT, "the number of a release or candidate, as `26.0.1`"),
    "release.revision": KnownField(FieldType.NUMBER, "which pin of its tag it is: 1, 2 where it was rebuilt"),
    "release.build": KnownField(_TEXT, "the EUPS build, as `b6598`"),
    "cycle": KnownField(_TEXT, "the cycle that its tag names, as `c0044`"),
    "products": KnownField(_MAP, "its EUPS products and their versions, as the build's manifest has them"),
    "commits": KnownField(_MAP, "its EUPS products and their commits"),
    "rubin_env": KnownField(
        _TEXT, "the version of rubin-env: as a product, else as the image's variables say"
    ),
    "labels": KnownField(_MAP, "the labels of the image's configuration"),
    "annotations": KnownField(_MAP, "the annotations of the image's index and manifests"),
}
"""Every field of a question, in the order of the documentation."""

RUBIN_ENV_PRODUCTS = ("rubin_env", "rubin-env")
NO_LIST = "no EUPS list was pinned with the release"
_NO_RELEASE = "no release is known by this image"
_NO_VERSIONS = "the EUPS list that was pinned has no versions"


class KnownValues(Struct, frozen=True):
    """The values that are known, by field, and why the others are not; `component` is that of the pinned release,
    None where no release is known.
    """

    values: dict[str, object]
    lacking: dict[str, str]
    component: Component | None = None


class AskedImage(Protocol):
    """An image at a place, as `where` has it."""

    @property
    def place(self) -> Place: ...
    @property
    def level(self) -> str: ...
    @property
    def product(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def spelling(self) -> str: ...
    @property
    def release(self) -> str | None: ...
    @property
    def revision(self) -> int | None: ...
    @property
    def since(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


class _ReleaseValues(Struct, frozen=True):
    """What is known of a release, whichever of its images is meant."""

    values: dict[str, object]
    lacking: dict[str, str]
    release: Release


class KnownRelease:
    """Says what is known of images; reads each release once.

    fields: those that are asked for: a list that nobody asks for is not read. pinned: a release that need not be
    stored yet, for images of it without a revision.
    """

    def __init__(self, context: ReleaseLookup, fields: frozenset[str], pinned: Pinned | None = None) -> None:
        self._context = context
        self._fields = fields
        self._releases: dict[tuple[str, int | None], _ReleaseValues | None] = {}
        if pinned is not None and context.topology.product(pinned.release.product) is not None:
            lists = {"commits": pinned.listing, "products": pinned.versions}
            self._releases[pinned.release.name, None] = self._values(pinned.release, pinned.tag, 1, lists)

    def of(self, row: AskedImage) -> KnownValues:
        """What the ledger and the workspace know of an image at a place; nothing else is asked."""
        found = self._release(row)
        component = found.release.component(row.component) if found is not None else None
        values = {**_of_place(row), **(found.values if found is not None else {})}
        lacking = dict(found.lacking) if found is not None else dict.fromkeys(_OF_RELEASE, _NO_RELEASE)
        interfaces = self._context.topology.provides.get(row.place.environment)
        if interfaces:
            values["interfaces"] = dict(interfaces)
        else:
            lacking["interfaces"] = "the workspace states none of the environment (`provides`)"
        cycle = self._cycle(row, component)
        if cycle is not None:
            values["cycle"] = cycle
        else:
            lacking["cycle"] = "its tag names no cycle"
        lacking["rubin_env"] = "neither its EUPS products nor its image's variables name one"
        lacking["labels"] = lacking["annotations"] = "its image is not one of the component's repository"
        return KnownValues(values, lacking, component)

    def _release(self, row: AskedImage) -> _ReleaseValues | None:
        if row.release is None:
            return None
        key = (row.release, row.revision)
        if key not in self._releases:
            self._releases[key] = self._read(row.release, row.revision)
        return self._releases[key]

    def _read(self, name: str, revision: int | None) -> _ReleaseValues | None:
        product, _, tag = name.partition("/")
        pins = [each.body for each in self._context.pins.revisions(product, tag)]
        pin = next((each for each in reversed(pins) if revision in (None, each.revision)), None)
        known = self._context.topology.product(product)
        if pin is None or known is None:
            return None
        release = canonical.decode(self._context.ledger.blob(pin.document), Release)
        blobs = {"commits": pin.content, "products": pin.versions}
        lists = {
            field: self._context.ledger.blob(blob) if blob is not None and self._is_read(field) else blob
            for field, blob in blobs.items()
        }
        return self._values(release, parse(tag, known.grammar, known.aliases), pin.revision, lists)

    def _is_read(self, field: str) -> bool:
        return field in self._fields or (field == "products" and "rubin_env" in self._fields)

    def _values(
        self, release: Release, tag: Tag, revision: int, lists: Mapping[str, bytes | str | None]
    ) -> _ReleaseValues:
        """`lists` are those of the EUPS build, None where it has none; what is not asked for is not read."""
        values: dict[str, object] = {
            "release.tag": release.tag,
            "release.kind": release.kind,
            "release.revision": revision,
            **dict(_numbered(tag)),
        }
        build = next((each.build_id for each in release.components if each.build_id is not None), None)
        values |= {"release.build": build} if build is not None else {}
        lacking = {
            "release.version": f"a {release.kind} has no version",
            "release.build": NO_LIST,
        }
        whys = {"commits": NO_LIST, "products": _NO_VERSIONS if lists["commits"] is not None else NO_LIST}
        for field, listed in lists.items():
            if listed is None:
                lacking[field] = whys[field]
            elif isinstance(listed, bytes) and self._is_read(field):
                values[field] = _listed(listed)
        values |= _rubin_env(values.get("products"))
        return _ReleaseValues(values, lacking, release)

    def _cycle(self, row: AskedImage, component: Component | None) -> str | None:
        product = self._context.topology.product(row.product)
        source = product.component(row.component) if product is not None else None
        if product is None or source is None:
            return None
        tag = parse((row.release or "").partition("/")[2], product.grammar, product.aliases)
        named = cycle_of_tag(tag) if tag.parsed else None
        spelled = component.spelling if component is not None else row.spelling.rpartition(":")[2]
        return named or cycle_of_image(spelled, source.spelling, product.grammar)


_OF_RELEASE = (
    *(each for each in FIELDS if each.startswith("release.")),
    *("products", "commits"),
)


def _of_place(row: AskedImage) -> dict[str, object]:
    values: dict[str, object] = {
        "environment": row.place.environment,
        "level": row.level,
        "application": row.place.application,
        "product": row.product,
        "component": row.component,
        "image": row.spelling,
        "aliases": list(row.aliases),
        "state": row.state,
        "since": instant(row.since),
    }
    return values | ({"digest": row.digest} if row.digest else {})


def _numbered(tag: Tag) -> Iterator[tuple[str, object]]:
    """The number of what has one: a weekly's is its week, and no version."""
    if tag.version is not None and str(tag.kind) in ("release", "candidate"):
        *numbers, stage = tag.version
        yield "release.version", ".".join(map(str, numbers)) + (f"-{stage}" if stage is not None else "")


def _listed(listing: bytes) -> dict[str, str]:
    from ldmrelease.sources.eups import read_listing  # noqa: PLC0415 - where somebody asks for a list

    return read_listing(listing)


def _rubin_env(products: object) -> dict[str, object]:
    if not isinstance(products, dict):
        return {}
    found = next((products[each] for each in RUBIN_ENV_PRODUCTS if each in products), None)
    return {} if found is None else {"rubin_env": found}
