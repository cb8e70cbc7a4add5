"""How the workspace file says where documents about releases are, and which versions of interfaces there are."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from ldmrelease.config.yaml.fields import Text, expected, said
from ldmrelease.domain.product_versions import NoOrder, version_key

DEFAULT_DOCUMENTS = "documents/{tag}/{kind}.md"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = ("product", "tag", "kind")


def _path(text: str) -> str:
    named = _PLACEHOLDER.findall(text)
    rest = _PLACEHOLDER.sub("", text)
    unknown = [each for each in named if each not in _KNOWN]
    if unknown or "{" in rest or "}" in rest:
        expected("write a path with {product}, {tag} and {kind}, and no other braces")
    if "tag" not in named or "kind" not in named:
        said("each document has a file of its own: write {tag} and {kind}")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        expected("write a path within the workspace's folder")
    return text


def _folder(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        expected("write a folder within the workspace's folder")
    return text


def _version(text: str) -> str:
    try:
        version_key(text)
    except NoOrder:
        expected('write a version that has an order, in quotes: "4.1.0"')
    return text


DocumentPath = Annotated[
    Text, AfterValidator(_path), WithJsonSchema({"type": "string", "examples": [DEFAULT_DOCUMENTS]})
]
Version = Annotated[Text, AfterValidator(_version)]
FolderPath = Annotated[Text, AfterValidator(_folder)]
