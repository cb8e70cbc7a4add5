"""What a release tag says: its kind, its spellings, its place in the order.

Four grammars: `rubin` (the science pipelines in git, EUPS and image spelling), `rsp` (notebook images, as
the notebook service reads them), `semver` and `cycle` (the summit's control software); and those that a workspace
writes itself (`patterns`). Reading a tag never raises: what fits nothing is a `Tag` of
kind `unknown` with a reason. Only light modules load here; `semver` and `datetime` are imported when needed.
"""

from ldmrelease.domain.tags.model import KINDS, AnyGrammar, Grammar, Kind, OrderKey, Tag, kinds_of
from ldmrelease.domain.tags.order import NotComparable, order_key, sort
from ldmrelease.domain.tags.pattern import image_tag, tag_pattern_match
from ldmrelease.domain.tags.read import parse

__all__ = [
    "KINDS",
    "AnyGrammar",
    "Grammar",
    "Kind",
    "NotComparable",
    "OrderKey",
    "Tag",
    "image_tag",
    "kinds_of",
    "order_key",
    "parse",
    "sort",
    "tag_pattern_match",
]
