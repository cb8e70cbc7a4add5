"""How a product's tags are spelled, told from the tags that a tree has."""

import re
from collections.abc import Collection, Iterator
from functools import cache

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar, KindPattern, PatternGrammar
from ldmrelease.domain.tags import Kind, tag_pattern_match
from ldmrelease.domain.tags.patterns.pattern_faults import grammar_faults

_OURS = ("cycle", "rsp", "rubin", "semver")
_MOVING = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)*")
_BRANCH = re.compile(r"([A-Za-z]+)-([A-Za-z]+-)?[0-9]+[A-Za-z0-9_.-]*")
_WEEKLY = re.compile(r"w([._])20[0-9]{2}\1[0-9]{2}")
_DAILY = re.compile(r"d([._])20[0-9]{2}\1[0-9]{2}\1[0-9]{2}")
_BRANCH_FAMILIES = ("tickets", "u", "branch", "feature", "pr")
_SEMVER = re.compile(
    r"(?P<head>(?:[A-Za-z]+-)?v?)(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?"
)
_DATE = re.compile(r"(?P<head>[A-Za-z.-]*?)20[0-9]{2}(?P<one>[.-]?)[0-9]{2}(?P<two>[.-]?)[0-9]{2}")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_NUMBER_NAMES = ("major", "minor", "patch", "fourth")
_SOME_RELEASE = KindPattern("release", "{version:semver}")
_SUFFIX = re.compile(r"(?P<version>[0-9]+(?:\.[0-9]+)*)-(?P<flavor>[A-Za-z][A-Za-z0-9]*)(?P<number>[0-9.]*)")


class ChosenGrammar(Struct, frozen=True):
    """A grammar, how a release is spelled in it (None: as the image's tag is), and the tags that it cannot read."""

    grammar: AnyGrammar
    spelling: str | None
    reason: str
    unread: tuple[str, ...] = ()


def choose_grammar(tags: Collection[str]) -> ChosenGrammar | None:
    """The grammar of images with these tags; None where no tag says anything."""
    for grammar, spelling in _candidates(tags):
        if all(_reads(grammar, spelling, each) for each in tags):
            return ChosenGrammar(grammar, spelling, f"all its tags are of the grammar {grammar}")
    return _own_patterns(tags)


def _candidates(tags: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Our grammars, and how a release may be spelled in each."""
    yield from ((each, None) for each in _OURS)
    if all(each[:1].isalpha() for each in tags):
        yield "rubin", "{git}"
    heads = {each.partition("-")[0] for each in tags}
    if len(heads) == 1 and all("-" in each for each in tags):
        head = heads.pop()
        yield "rubin", f"{head}-{{eups}}"
        yield from ((each, f"{head}-{{image}}") for each in ("semver", "rsp"))


def _reads(grammar: AnyGrammar, spelling: str | None, tag: str) -> bool:
    found = tag_pattern_match(spelling or "{image}", tag, grammar)
    return found is not None and found.kind not in (Kind.unknown, Kind.experimental)


def _own_patterns(tags: Collection[str]) -> ChosenGrammar | None:
    patterns: dict[KindPattern, None] = {}
    unread = []
    for each in sorted(tags):
        found = _pattern_of(each)
        if found is None:
            unread.append(each)
        else:
            patterns[found] = None
    if not patterns:
        return None
    # What is let in anywhere is a release: who has moving tags or branches alone is asked for one.
    if not any(each.kind == "release" for each in patterns):
        patterns[_SOME_RELEASE] = None
    kept = _without_clashes(list(patterns))
    grammar = PatternGrammar(tuple(kept))
    unread += [each for each in tags if each not in unread and not _reads(grammar, None, each)]
    return ChosenGrammar(
        grammar, None, "patterns made of its tags: look whether they are meant", tuple(unread)
    )


def _pattern_of(tag: str) -> KindPattern | None:
    branch = _BRANCH.fullmatch(tag)
    if branch is not None and branch[1].lower() in _BRANCH_FAMILIES:
        return KindPattern("branch", f"{branch[1]}-{{branch:name}}")
    found = _WEEKLY.fullmatch(tag)
    if found is not None:
        return KindPattern("weekly", f"w{found[1]}{{year:4d}}{found[1]}{{week:2d}}")
    found = _DAILY.fullmatch(tag)
    if found is not None:
        return KindPattern("daily", f"d{found[1]}{{year:4d}}{found[1]}{{month:2d}}{found[1]}{{day:2d}}")
    found = _SEMVER.fullmatch(tag)
    if found is not None:
        return KindPattern("release", f"{found['head']}{{version:semver}}")
    found = _DATE.fullmatch(tag)
    if found is not None:
        return KindPattern(
            "release", f"{found['head']}{{year:4d}}{found['one']}{{month:2d}}{found['two']}{{day:2d}}"
        )
    if _MOVING.fullmatch(tag):
        return KindPattern("moving", tag)
    return _of_numbers(tag)


def _of_numbers(tag: str) -> KindPattern | None:
    suffix = _SUFFIX.fullmatch(tag)
    version = suffix["version"] if suffix else tag.removeprefix("v")
    numbers = version.split(".")
    padded = any(each != "0" and each.startswith("0") for each in numbers)
    if not _NUMBERS.fullmatch(version) or padded or len(numbers) > len(_NUMBER_NAMES):
        return None
    written = ".".join(f"{{{name}}}" for name, _ in zip(_NUMBER_NAMES, numbers, strict=False))
    if suffix is not None:
        if suffix["number"]:
            return None
        return KindPattern("release", f"{written}-{suffix['flavor']}")
    return KindPattern("release", ("v" if tag.startswith("v") else "") + written)


def _without_clashes(patterns: list[KindPattern]) -> list[KindPattern]:
    """Those that can stand beside one another, the first ones first."""
    kept: list[KindPattern] = []
    # What is written out goes before what stands for many, and a release before what is none.
    for each in sorted(patterns, key=lambda one: (one.kind != "release", one.text)):
        wanted = [*kept, each]
        if not _clash(tuple(wanted)):
            kept = wanted
    return kept


@cache
def _clash(patterns: tuple[KindPattern, ...]) -> bool:
    """Whether these cannot stand beside one another. Many images have tags of the same forms."""
    by_kind: dict[Kind, list[str]] = {}
    for each in patterns:
        by_kind.setdefault(Kind(each.kind), []).append(each.text)
    return bool(grammar_faults(by_kind))
