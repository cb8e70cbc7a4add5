"""What a release tag says: its kind, its spellings, its place in the order.

Three grammars: `rubin` (the science pipelines in git, EUPS and image spelling), `rsp` (notebook images, as
the notebook service reads them) and `semver`. Reading a tag never raises: what fits nothing is a `Tag` of
kind `unknown` with a reason. Only light modules load here; `semver` and `datetime` are imported when needed.
"""

from ldmrelease.domain.tags.model import KINDS, Grammar, Kind, Tag
from ldmrelease.domain.tags.order import NotComparable, OrderKey, order_key, sort
from ldmrelease.domain.tags.pattern import image_tag, tag_pattern_match
from ldmrelease.domain.tags.read import parse

__all__ = [
    "KINDS",
    "Grammar",
    "Kind",
    "NotComparable",
    "OrderKey",
    "Tag",
    "image_tag",
    "order_key",
    "parse",
    "sort",
    "tag_pattern_match",
]
