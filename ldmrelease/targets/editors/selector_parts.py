"""The parts of a selector: what they say together, and what they are to say for a component of a release. Pure.

A part is what stands at the first of its addresses that has something, as Helm merges the values of an environment over
those of the chart. Null and an empty text say nothing; where the part may be missing, they say that it is.
"""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.domain.release import Component
from ldmrelease.domain.selectors import SelectorTemplate, parts_of, read_selector
from ldmrelease.domain.tags.patterns.parts import Value as PartValue
from ldmrelease.domain.targets import DIGEST, Selector, SelectorPart
from ldmrelease.targets.editors.chart_values import printed, whole_number
from ldmrelease.targets.editors.neighbours import value_at
from ldmrelease.targets.image_setting import SettingImage, named_by_tag_and_digest, not_an_image
from ldmrelease.targets.results import ABSENT, Refusal, Scalar, Snapshot, Unquoted, Value

_NULL = Unquoted("null")


class SaidPart(Struct, frozen=True):
    """Where something stands for a part, and what it says; None for a part that is said to be missing."""

    address: str
    value: PartValue | None


def optional(selector: Selector) -> Iterator[str]:
    """The addresses where nothing need stand: others are read in their place, or the part may be missing."""
    omissible = read_selector(selector.template).omissible
    return (each.path for each in selector.parts if each.defaults or each.name in omissible)


def stated(selector: Selector, snapshot: Snapshot) -> tuple[SettingImage, str]:
    """The image that the parts name together, and the address of the last of them that says something."""
    template = read_selector(selector.template)
    found = {each.name: _said(each, template, snapshot) for each in selector.parts}
    values = {name: each.value for name, each in found.items() if each is not None and each.value is not None}
    at = [each.address for each in found.values() if each is not None and each.value is not None]
    return _image(template, values), at[-1] if at else selector.parts[0].path


def wanted(selector: Selector, component: Component, snapshot: Snapshot) -> dict[str, Value] | Refusal:
    """What is written at the first address of each part.

    Refused: `parts-differ` (the parts of the release's tag, put together, are another one).
    """
    template = read_selector(selector.template)
    known = parts_of(component, selector.grammar, selector.spelling)
    parts = {name: known[name] for name in template.names if name in known}
    try:
        printed_tag = template.print_tag(parts)
    except ValueError as error:
        printed_tag = str(error)
    if printed_tag != component.spelling:
        about = {"template": selector.template, "found": printed_tag, "expected": component.spelling}
        return Refusal("parts-differ", about)
    return {part.path: _value(part, template, parts.get(part.name), snapshot) for part in selector.parts}


def _value(
    part: SelectorPart, template: SelectorTemplate, wanted: PartValue | None, snapshot: Snapshot
) -> Value:
    """What is written for a part; what is there where that says it already, by whichever address."""
    now = snapshot.values[part.path]
    said = _said(part, template, snapshot)
    if (said.value if said is not None else None) == wanted:
        return now
    if wanted is None:
        # Without a line, the chart's own value would hold.
        behind = any(_text(value_at(snapshot, each)) for each in part.defaults)
        return _NULL if behind else ABSENT
    if not isinstance(wanted, int):
        return wanted
    # A number in quotes stays there, in as many digits where it has zeros in front.
    if isinstance(now, str) and whole_number(now) is not None:
        return str(wanted).zfill(len(now)) if now.startswith("0") and len(now) > 1 else str(wanted)
    return Unquoted(str(wanted))


def _text(value: Scalar | tuple[Scalar, ...] | None) -> str:
    return printed(value) or "" if value is not None and not isinstance(value, tuple) else ""


def _said(part: SelectorPart, template: SelectorTemplate, snapshot: Snapshot) -> SaidPart | None:
    for address in part.read:
        value = value_at(snapshot, address)
        if value is None:
            continue
        if isinstance(value, tuple):
            return SaidPart(address, f"a list of {len(value)}")
        text = printed(value)
        if text:
            number = whole_number(value) if part.name in template.numbers else None
            return SaidPart(address, text if number is None else number)
        if part.name in template.omissible:
            return SaidPart(address, None)
    return None


def _image(template: SelectorTemplate, values: dict[str, PartValue]) -> SettingImage:
    missing = [each for each in template.names if each not in values and each not in template.omissible]
    if missing:
        return not_an_image(f"{template.text} without {', '.join(missing)}")
    words = [
        each for each in template.names if each in template.numbers and isinstance(values.get(each), str)
    ]
    if words:
        told = ", ".join(f"{each} is {values[each]!r} and no whole number" for each in words)
        return not_an_image(f"{template.text}: {told}")
    try:
        tag = template.print_tag(values)
    except (TypeError, ValueError) as error:
        return not_an_image(f"{template.text}: {error}")
    digest = values.get(DIGEST)
    return named_by_tag_and_digest(tag if digest is None else f"{tag}@{digest}")
