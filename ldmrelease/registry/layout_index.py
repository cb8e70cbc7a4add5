"""index.json of an OCI layout, as a value: which entries there are, and what a change makes of them.

Entries are kept as parsed JSON, so that what another tool wrote into them survives our changes.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.registry.manifests import Descriptor, Json, parse_descriptor, parse_object, write_object

# The annotation by which skopeo, and the image specification, name an entry.
REF_NAME = "org.opencontainers.image.ref.name"


class LayoutIndex(Struct, frozen=True, dict=True):
    """The whole file; every change gives a new one."""

    body: Json

    @classmethod
    def empty(cls) -> LayoutIndex:
        return cls({"schemaVersion": 2, "manifests": []})

    @classmethod
    def parse(cls, content: bytes) -> LayoutIndex:
        """The index of these bytes, parsed once. Raises ValueError for what is not an index."""
        return _parsed(content)

    @classmethod
    def _parse(cls, content: bytes) -> LayoutIndex:
        index = cls(parse_object(content))
        if not isinstance(index.body.get("manifests"), list):
            raise ValueError("no list of manifests")
        index.entries()
        return index

    def content(self) -> bytes:
        return write_object(self.body)

    def entries(self) -> list[Descriptor]:
        return list(self._entries)

    @cached_property
    def _entries(self) -> tuple[Descriptor, ...]:
        return tuple(parse_descriptor(entry) for entry in self.body["manifests"] if not _has_bad_name(entry))

    def tags(self) -> list[str]:
        return sorted(
            {entry.annotations[REF_NAME] for entry in self.entries() if REF_NAME in entry.annotations}
        )

    def tagged(self, tag: str) -> Descriptor | None:
        """What the tag names; raises ValueError if it names two things."""
        found = {entry.digest: entry for entry in self.entries() if entry.annotations.get(REF_NAME) == tag}
        if len(found) > 1:
            raise ValueError(f"{tag} is there more than once")
        return next(iter(found.values()), None)

    def with_tag(self, entry: Descriptor, tag: str) -> LayoutIndex:
        """Let the tag name this entry. What it named before stays, without the name."""
        if any(_name(each) == tag and each["digest"] == entry.digest for each in self.body["manifests"]):
            return self
        others = [
            _without_name(each) if _name(each) == tag else each
            for each in self.body["manifests"]
            if not (each["digest"] == entry.digest and _name(each) in (None, tag))
        ]
        return self._with(_each_once(others), replace(entry, annotations={REF_NAME: tag}))

    def with_referrer(self, entry: Descriptor) -> LayoutIndex:
        """List a manifest without a tag, once."""
        if any(each["digest"] == entry.digest for each in self.body["manifests"]):
            return self
        return self._with(self.body["manifests"], entry)

    def with_listing(self, entry: Descriptor, tag: str) -> LayoutIndex:
        """Let a fallback tag name this list. The list before it is of no use to anybody and goes."""
        others = [each for each in self.body["manifests"] if _name(each) != tag]
        return self._with(others, replace(entry, annotations={REF_NAME: tag}))

    def _with(self, others: list[Json], entry: Descriptor) -> LayoutIndex:
        return LayoutIndex({**self.body, "manifests": [*others, entry.as_json()]})


@lru_cache(maxsize=8)
def _parsed(content: bytes) -> LayoutIndex:
    return LayoutIndex._parse(content)


def _name(entry: Json) -> str | None:
    name = (entry.get("annotations") or {}).get(REF_NAME)
    return name if isinstance(name, str) else None


def _has_bad_name(entry: object) -> bool:
    """Whether the entry's name is none: another tool's slip, which must not hide the other entries."""
    annotations = entry.get("annotations") if isinstance(entry, dict) else None
    return isinstance(annotations, dict) and not isinstance(annotations.get(REF_NAME, ""), str)


def _without_name(entry: Json) -> Json:
    annotations = {key: value for key, value in entry["annotations"].items() if key != REF_NAME}
    rest = {key: value for key, value in entry.items() if key != "annotations"}
    return {**rest, "annotations": annotations} if annotations else rest


def _each_once(entries: list[Json]) -> list[Json]:
    named = {entry["digest"] for entry in entries if _name(entry) is not None}
    kept: list[Json] = []
    for entry in entries:
        if _name(entry) is None and (entry["digest"] in named or entry in kept):
            continue
        kept.append(entry)
    return kept
