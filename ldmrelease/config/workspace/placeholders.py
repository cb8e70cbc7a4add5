"""Addresses that a sample has in place of the reader's, and nobody has put right yet: one finding for all of them."""

import re
from collections.abc import Iterator

from ldmrelease.config.workspace.folders import repositories
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path as Field

_HOST = re.compile(r"(?:[a-z+]+://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9.-]+)")
_RESERVED = re.compile(r"(?:.*\.)?(?:example|invalid|test|example\.(?:com|net|org))", re.IGNORECASE)
"""Names that belong to nobody (RFC 2606, RFC 6761)."""
_MOST = 4


def placeholder_problems(file: WorkspaceFile, document: YamlDocument) -> Iterator[Problem]:
    """That registries or repositories are at hosts reserved for examples (RFC 2606), with the fields that name them."""
    found = [(field, host) for field, text in _addresses(file) if (host := _placeholder(text)) is not None]
    if not found:
        return
    hosts = list(dict.fromkeys(host for _, host in found))
    fields = list(dict.fromkeys(".".join(map(str, field)) for field, _ in found))
    more = f" and {len(fields) - _MOST} more" if len(fields) > _MOST else ""
    verb = "is a name" if len(hosts) == 1 else "are names"
    message = f"{' and '.join(hosts)} {verb} reserved for examples, so nothing answers there"
    remedy = f"put your registries and git repositories in place of {', '.join(fields[:_MOST])}{more}"
    yield document.problem(found[0][0], message, remedy)


def _placeholder(text: str) -> str | None:
    """The host of an address where it is reserved for examples."""
    match = _HOST.match(text)
    host = match["host"].rstrip(".") if match is not None else ""
    return host if _RESERVED.fullmatch(host) else None


def _addresses(file: WorkspaceFile) -> Iterator[tuple[Field, str]]:
    yield ("releases",), file.releases
    for name, product in file.products.items():
        for part, component in product.components.items():
            if component.image is not None:
                yield ("products", name, "components", part, "image"), component.image
    yield from repositories(file)
    for name, site in file.environments.items():
        if site.registry is not None:
            yield ("environments", name, "registry"), site.registry
