"""The scalars of a tree's files by their path, as settings are named. Pure."""

import json
from collections.abc import Iterator, Sequence

from ldmrelease.trees.values import YamlMapping, YamlScalar, YamlSequence, YamlValue, read_documents, text_at

_SPECIAL = frozenset('."[]\\')


def scalars(data: bytes, file: str) -> Iterator[tuple[str, str]]:
    """Path and printed value of each scalar of a file that is not null: `a.b[0]."c.d"`; of a file with several
    documents with the document's `KIND/NAME:` in front. Raises `UnreadableFile`."""
    return scalars_of(read_documents(data, file))


def scalars_of(documents: Sequence[YamlValue]) -> Iterator[tuple[str, str]]:
    """The same of the documents of a file."""
    for each in documents:
        start = "" if len(documents) == 1 else f"{text_at(each, 'kind')}/{text_at(each, 'metadata', 'name')}:"
        found: list[tuple[str, str]] = []
        _add_below(each, "", found)
        yield from ((f"{start}{path}", value) for path, value in found) if start else found


def _add_below(value: YamlValue, path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, YamlScalar):
        printed = value.printed()
        if path and printed is not None:
            found.append((path, printed))
    elif isinstance(value, YamlSequence):
        for index, each in enumerate(value.items):
            _add_below(each, f"{path}[{index}]", found)
    elif isinstance(value, YamlMapping):
        for key, each in value.entries.items():
            own = json.dumps(key, ensure_ascii=False) if not _SPECIAL.isdisjoint(key) or not key else key
            _add_below(each, f"{path}.{own}" if path else own, found)
