"""Who changed one setting of a target, as the product says for several at once."""

from collections.abc import Iterable

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import Target
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Change, Refusal


def changed_by(target: Target, path: str, access: Access) -> Change | Refusal | Unavailable:
    """Of the setting, or of the item at the path."""
    found = registry.changed_by(target, [path], access)
    return found[path] if isinstance(found, dict) else found


def authors(target: Target, paths: Iterable[str], access: Access) -> list[str]:
    """Of each of them, without the mail address."""
    found = registry.changed_by(target, list(paths), access)
    assert isinstance(found, dict), found
    return [each.author.split(" <")[0] for each in found.values() if isinstance(each, Change)]
