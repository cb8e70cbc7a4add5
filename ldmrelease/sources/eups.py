"""EUPS tag lists and build manifests: which products, at which commits, a tag was built from (SQR-016).

A directory holds `tags/<eups tag>.list` (`product flavor version` lines under a header, with an optional
`#BUILD=bNNNN`) and `manifests/bNNNN.txt` (`product sha1 version deps` lines).
"""

import re
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Tag, image_tag
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent

_BUILD = re.compile(r"#\s*BUILD=(b\d+)\s*$", re.MULTILINE)
_SHA1 = re.compile(r"[0-9a-f]{40}")
_HEADER = "EUPS distribution "


class BadList(LdmreleaseError):
    """A list or manifest that cannot be read; the message names file and line."""


class Build(Struct, frozen=True):
    """An EUPS build. `products` is product -> sha1; `listing` is what the content digest hashes, `versions` the
    versions that EUPS knows the products by: a candidate and its final have one content, and may differ in these.

    All are empty, and `content` is None, where the build's manifest is not there.
    """

    tag: str
    build_id: str | None
    content: str | None
    listing: bytes
    products: dict[str, str]
    versions: bytes = b""


class ManifestLine(Struct, frozen=True):
    """A product of a build manifest; `version` is None where the line ends before it."""

    sha1: str
    version: str | None


def find(
    source: ComponentSource, tag: Tag, _grammar: AnyGrammar, access: SourceAccess
) -> FoundComponent | UnusableComponent | None:
    """The content of the build that the tag names, with its list. Raises `BadList`, `OSError`."""
    spelling = image_tag(tag, source.spelling)
    build = find_build(Path(access.located(source.source)), spelling)
    if build is None or build.content is None:
        return None
    component = Component(
        source.name, source.kind, source.source, spelling, build.content, build_id=build.build_id
    )
    return FoundComponent(component, build.listing, build.versions)


def names(source: ComponentSource, access: SourceAccess) -> list[str]:
    """Every tag that has a list. Raises `OSError`."""
    return sorted(each.stem for each in (Path(access.located(source.source)) / "tags").glob("*.list"))


def find_build(directory: Path, eups_tag: str) -> Build | None:
    """The build that a EUPS tag names, None where there is no such tag. Raises `BadList`, `OSError`."""
    tag_file = directory / "tags" / f"{eups_tag}.list"
    if not tag_file.is_file():
        return None
    text = tag_file.read_text(encoding="utf-8")
    if not text.startswith(f"{_HEADER}{eups_tag} "):
        raise BadList(f"{tag_file}:1: the header is not {_HEADER + eups_tag!r}; is it another tag's list?")
    match = _BUILD.search(text)
    manifest = directory / "manifests" / f"{match[1]}.txt" if match else None
    if match is None or manifest is None or not manifest.is_file():
        return Build(eups_tag, match[1] if match else None, None, b"", {})
    lines = read_manifest(manifest)
    products = {name: line.sha1 for name, line in lines.items()}
    listing = _listing(products)
    versions = {name: line.version for name, line in lines.items() if line.version is not None}
    return Build(eups_tag, match[1], canonical.digest(listing), listing, products, _listing(versions))


def read_manifest(path: Path) -> dict[str, ManifestLine]:
    """The products of a build manifest. Raises `BadList`."""
    products: dict[str, ManifestLine] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#") or words[0].startswith("BUILD="):
            continue
        if len(words) < 2 or _SHA1.fullmatch(words[1]) is None:
            raise BadList(f"{path}:{number}: {line!r} is not `product sha1 version deps`")
        line_read = ManifestLine(words[1], words[2] if len(words) > 2 else None)
        if products.setdefault(words[0], line_read).sha1 != words[1]:
            raise BadList(f"{path}:{number}: {words[0]} stands twice, with two commits")
    if not products:
        raise BadList(f"{path}:1: the manifest names no product")
    return products


def read_listing(listing: bytes) -> dict[str, str]:
    """What a stored listing says of each product: its commit, or its version."""
    return dict(line.split(" ", 1) for line in listing.decode().split("\n") if line)


def _listing(told: dict[str, str]) -> bytes:
    return "".join(f"{name} {each}\n" for name, each in sorted(told.items())).encode()
