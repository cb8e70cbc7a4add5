"""What the tags of a history say of themselves: no workspace declares in which grammar an application spells them.

It is guessed from what the same setting said before, in any environment. What no grammar reads may be a misspelling of
something that one does, or the name of a branch; where nothing was ever read, nothing is known.
"""

import re
from collections import Counter, defaultdict
from functools import lru_cache

from msgspec import Struct

from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.domain.tags import Kind, OrderKey, Tag, order_key, parse
from ldmrelease.domain.tags.registry import grammar_of

GRAMMARS = ("rsp", "cycle", "semver", "rubin")
"""In this order: what the first one reads, the others read less of."""
_ESTABLISHED = 3
_MOSTLY = 0.75
_BRANCH = re.compile(r"(tickets?|users?|u|feature|features|bugfix|hotfix|branch)[-_/].+", re.IGNORECASE)
_MOVING = re.compile(
    r"(latest|main|master|develop|dev|stable|edge|nightly|deploy)([-_](release|weekly|daily|dev))?"
)
_ALIAS = re.compile(r"recommended(?:_(?:(?P<line>[ck])(?P<cycle>[0-9]{1,9})|[a-z0-9_.-]*))?")
_NUMBER = re.compile(r"[0-9]{1,15}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""What a registry takes as a tag (OCI distribution specification, "Pulling manifests")."""
_CHOICES = re.compile(r"(image_class|alias_?tags\[[0-9]+\]|aliasTags\[[0-9]+\])")
"""Last steps of keys that choose among the images of a menu by a class or a moving name."""

Setting = tuple[str, str]
"""An application and a key: what is one setting in several environments."""

_MENUS = frozenset({"nublado", "nublado2", "cachemachine"})
_OF_MENU = re.compile(
    r".*(\bimages(\[|\.(pin|alias|recommended|num|cycle))|repomen|recommended_?tag|pinned_images).*",
    re.IGNORECASE,
)


class ReadTag(Struct, frozen=True):
    """A tag as it is read. `order` is its place among those of the same `group`; None where it has none.

    judged: whether it can be said to be of its kind, or to be unreadable; else levels are not asked whether they
    accept it.
    """

    text: str
    kind: str
    readable: bool = True
    judged: bool = True
    group: tuple[str, ...] = ()
    order: OrderKey | None = None
    reason: str | None = None

    def is_older(self, than: "ReadTag") -> bool | None:
        """Whether it comes before another one; None where the two have no order."""
        if self.order is None or than.order is None or self.group != than.group or self.is_build_of(than):
            return None
        return self.order < than.order

    def is_build_of(self, other: "ReadTag") -> bool:
        """Whether one of the two is a cycle, and the other a build of it: neither says the less."""
        (own, build, _), (others, its, _) = self.text.partition("."), other.text.partition(".")
        return self.group[:1] == ("cycle",) and own == others and bool(build) != bool(its)


class GuessingReader:
    """Reads the tags of a history in its order: what comes later never changes how something was read."""

    def __init__(self) -> None:
        self._seen: defaultdict[Setting, Counter[str]] = defaultdict(Counter)

    def read(self, change: SettingChange, value: str) -> ReadTag:
        """What a setting says; a whole image reference is read by its tag."""
        text = tag_of(value)
        if _CHOICES.fullmatch(change.key.rpartition(".")[2]):
            return ReadTag(text, Kind.alias, judged=False)
        known = _named(text)
        if known is not None:
            return known
        if "/" not in text and not _TAG.fullmatch(text):
            return ReadTag(text, Kind.unknown, readable=False)
        seen = self._seen[change.application, change.key]
        if is_menu(change.application, change.key) and not _parsed(text, "rsp").parsed:
            # Menus are of notebook images alone: `29.1.1` is no version there, and means `r29_1_1`.
            return _unread(text, seen)
        grammars = sorted(GRAMMARS, key=lambda each: -seen[each])
        found = next((each for each in grammars if _parsed(text, each).parsed), None)
        if found is None:
            return _unread(text, seen)
        tag = _parsed(text, found)
        if found == "cycle":
            # A cycle without a build is one release, whose components have their own builds.
            return ReadTag(text, Kind.release, group=(found, tag.group), order=order_key(tag))
        return ReadTag(text, tag.kind, group=(found, tag.kind, tag.group), order=order_key(tag))

    def learn(self, change: SettingChange, value: str) -> None:
        """Take note of how a setting is spelled."""
        text = tag_of(value)
        reading = [each for each in GRAMMARS if _parsed(text, each).parsed]
        self._seen[change.application, change.key].update(reading or [""])


def tag_of(value: str) -> str:
    """The tag in what a setting says: of `registry/name:tag` what is behind the colon, of a menu's entry the first."""
    text = value.partition("|")[0].partition("@")[0]
    name, colon, tag = text.rpartition(":")
    return tag if colon and "/" not in tag and name else text


@lru_cache(maxsize=65536)
def _parsed(text: str, grammar: str) -> Tag:
    return parse(text, grammar)


def _named(text: str) -> ReadTag | None:
    """What needs no grammar: names that move, and branches."""
    alias = _ALIAS.fullmatch(text)
    if alias is not None:
        cycle = alias["cycle"]
        order: OrderKey | None = (int(cycle),) if cycle else None
        return ReadTag(
            text, Kind.alias, judged=False, group=("recommended", alias["line"] or ""), order=order
        )
    if _MOVING.fullmatch(text):
        return ReadTag(text, Kind.moving)
    if _BRANCH.fullmatch(text):
        return ReadTag(text, Kind.branch)
    if _NUMBER.fullmatch(text):
        return ReadTag(text, Kind.release, judged=False, group=("number",), order=(int(text),))
    return None


def _unread(text: str, seen: Counter[str]) -> ReadTag:
    meant = _meant(text)
    if meant is not None:
        return ReadTag(text, Kind.unknown, readable=False, reason=meant)
    total = max((seen[each] for each in GRAMMARS), default=0) + seen[""]
    established = total >= _ESTABLISHED and seen[""] <= (1 - _MOSTLY) * total
    return ReadTag(text, Kind.branch, judged=established)


@lru_cache(maxsize=65536)
def _meant(text: str) -> str | None:
    """The tag of which a text is a misspelling, with dots for underscores or without zeros in front."""
    for name in ("rsp", "cycle"):
        for other in grammar_of(name).other_spellings(text.lower()):
            if other != text and _parsed(other, name).parsed:
                return other
    return None


def is_menu(application: str, key: str) -> bool:
    """Whether a setting is of the images that a notebook menu offers."""
    return application in _MENUS and _OF_MENU.fullmatch(key) is not None
