"""What a release tag says: its kind, its spellings, its place in the order.

The grammars are in `registry`, a file each: `rubin` (the science pipelines in git, EUPS and image spelling), `rsp`
(notebook images, as the notebook service reads them), `semver`, `cycle` (the summit's control software); a workspace
may write its own (`patterns`). Reading a tag never raises: what fits nothing is a `Tag` of kind `unknown` with a
reason. Only light modules load here; `semver` and `datetime` are imported when needed.
"""

from ldmrelease.domain.tags.order import NotComparable, order_key, sort
from ldmrelease.domain.tags.pattern import image_tag, tag_pattern_match
from ldmrelease.domain.tags.registry import GRAMMARS, grammar_of
from ldmrelease.domain.tags.tag import RELEASE_KINDS, Kind, OrderKey, Tag
from ldmrelease.domain.tags.tag_reading import parse

__all__ = [
    "GRAMMARS",
    "RELEASE_KINDS",
    "Kind",
    "NotComparable",
    "OrderKey",
    "Tag",
    "grammar_of",
    "image_tag",
    "order_key",
    "parse",
    "sort",
    "tag_pattern_match",
]
