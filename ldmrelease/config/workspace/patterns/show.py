"""A workspace's file as text, with its patterns made into entries."""

from pathlib import Path
from typing import Any

import yaml

from ldmrelease.config.workspace.patterns.documents import plain_document


class _Plain(yaml.CSafeDumper):
    # What is the same value twice, by an alias or because a pattern made both, is written twice.
    def ignore_aliases(self, _data: object) -> bool:
        return True


def expanded_plain(file: Path) -> Any:
    """What a workspace's file says without patterns. Raises `BadInput`."""
    return plain_document(file).plain


def expanded_text(file: Path) -> str:
    """The same as a workspace's file: it loads to the same workspace. Raises `BadInput`."""
    text: str = yaml.dump(expanded_plain(file), Dumper=_Plain, sort_keys=False, width=110, allow_unicode=True)
    return text
