"""A product's image spelling: a pattern such as `al9-{eups}`, filled in and read back."""

import re

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.tags.tag import Tag
from ldmrelease.domain.tags.tag_reading import parse

_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELDS = ("git", "eups", "image")
_TIMESTAMPED = re.compile(r".*-[0-9]{8}T?[0-9]{6}Z?")


def image_tag(tag: Tag, pattern: str) -> str:
    """The image tag of a release: the pattern with `{git}`, `{eups}` or `{image}` replaced.

    Raises ValueError if the pattern names another field or none, or one that this tag has no spelling for.
    """
    _check(pattern)
    return _FIELD.sub(lambda match: _spelled(tag, match[1]), pattern)


def tag_pattern_match(pattern: str, image_tag: str, grammar: AnyGrammar) -> Tag | None:
    """The release whose image is tagged `image_tag`, or None if that is not a release's tag under this pattern.

    None too for what is beside the releases in a registry: copies with a UTC timestamp, one-architecture tags
    (`al9-w_2026_22_aarch64`) of a stack and moving tags (`al9-w_latest`).

    Raises ValueError for a faulty pattern.
    """
    _check(pattern)
    if _TIMESTAMPED.fullmatch(image_tag):
        return None
    match = _inverse(pattern).fullmatch(image_tag)
    if match is None:
        return None
    tag = parse(match[1], grammar)
    return tag if _fill(tag, pattern) == image_tag else None


def _check(pattern: str) -> None:
    fields = _FIELD.findall(pattern)
    for field in fields:
        if field not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise ValueError(
                f"unknown field {{{field}}} in the image tag pattern {pattern!r}; known: {known}"
            )
    if not fields:
        raise ValueError(
            f"the image tag pattern {pattern!r} names no field: every release would have one tag"
        )
    if re.search(r"[{}]", _FIELD.sub("", pattern)):
        raise ValueError(f"a brace without its partner in the image tag pattern {pattern!r}")


def _spelled(tag: Tag, field: str) -> str:
    spelling: str | None = getattr(tag, field)
    if spelling is None:
        raise ValueError(f"{tag.input!r} has no {field} spelling, which the image tag needs")
    return spelling


def _inverse(pattern: str) -> re.Pattern[str]:
    fixed = _FIELD.split(pattern)[::2]
    return re.compile("(.+)".join(re.escape(part) for part in fixed))


def _fill(tag: Tag, pattern: str) -> str | None:
    try:
        return image_tag(tag, pattern)
    except ValueError:
        return None
