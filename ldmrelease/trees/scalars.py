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
        for path, value in _below(each, ""):
            yield f"{start}{path}", value


def _below(value: YamlValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, YamlScalar):
        printed = value.printed()
        if path and printed is not None:
            yield path, printed
    elif isinstance(value, YamlSequence):
        for index, each in enumerate(value.items):
            yield from _below(each, f"{path}[{index}]")
    elif isinstance(value, YamlMapping):
        for key, each in value.entries.items():
            own = json.dumps(key, ensure_ascii=False) if _SPECIAL & set(key) or not key else key
            yield from _below(each, f"{path}.{own}" if path else own)
