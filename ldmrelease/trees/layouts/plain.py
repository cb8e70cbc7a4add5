"""Trees of plain manifests: what stands in a file is what is applied.

ENVIRONMENT/APPLICATION/...   or  ENVIRONMENT/APPLICATION.yaml; files at the top are of the environment `default`
"""

import re
from collections.abc import Collection, Iterator

from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import NotUnderstood, Programs, TreeFinding, TreeImage
from ldmrelease.trees.kustomizations import declared
from ldmrelease.trees.values import UnreadableFile, read_documents

_ALONE = "default"
_YAML = (".yaml", ".yml")
_JSON = ".json"
_MAY_HAVE_IMAGE = re.compile(rb'"image"|\\u')
"""Most files of JSON are no manifests; a key may be spelled with escapes."""


def fits(tree: Tree) -> bool:
    """Whether a tree has this shape: some manifest has a container."""
    return any(isinstance(each, TreeImage) for each in read(tree, environments(tree)))


def environments(tree: Tree) -> list[str]:
    """Its environments, by name: the folders at the top."""
    return sorted({_place(each)[0] for each in tree.files() if _is_manifest(tree, each)})


def read(tree: Tree, environments: Collection[str]) -> Iterator[TreeFinding]:
    """The images of these environments, as their manifests say."""
    for file in sorted(tree.files()):
        environment, application = _place(file)
        if environment not in environments or not _is_manifest(tree, file):
            continue
        try:
            for each in declared(read_documents(tree.read(file), file)):
                yield TreeImage(
                    environment, application, each.image, each.parts, each.kind, each.name, each.container
                )
        except UnreadableFile as error:
            yield NotUnderstood(error.file, error.reason, error.line, environment, application)


def render(_tree: Tree, _environments: Collection[str], _programs: Programs) -> Iterator[TreeFinding] | None:
    """None: there is nothing to render."""
    return None


def _is_manifest(tree: Tree, file: str) -> bool:
    if not file.endswith(_JSON):
        return file.endswith(_YAML)
    try:
        return _MAY_HAVE_IMAGE.search(tree.read(file)) is not None
    except UnreadableFile:
        return True


def _place(file: str) -> tuple[str, str]:
    """The environment and the application that a manifest is of."""
    parts = file.removesuffix(".yaml").removesuffix(".yml").removesuffix(_JSON).split("/")
    return (parts[0], parts[1]) if len(parts) > 1 else (_ALONE, parts[0])
