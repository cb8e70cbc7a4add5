"""Compressions and emergencies of a policy file -> overlays, and what they say of requirements that cannot be."""

from collections.abc import Callable, Iterator

from ldmrelease.config.policies.overlay_schema import CompressionClause, EmergencyClause
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import KEPT_RULE, Additions, Level, LevelOverlay, Requirement
from ldmrelease.domain.overlays import EMERGENCY, OverlayKind
from ldmrelease.domain.times import spell_seconds

_KEYS = {"for_": "for", "max_age": "max-age"}
_ASKS_LESS: dict[tuple[str, str], Callable[[int, int], bool]] = {
    ("after", "for_"): lambda own, level: own < level,
    ("check", "max_age"): lambda own, level: own > level,
    ("attested", "max_age"): lambda own, level: own > level,
}
"""By rule and parameter: whether the overlay's value asks less than the level's."""


def compression(name: str, clause: CompressionClause) -> LevelOverlay:
    """A compression as a value."""
    return LevelOverlay(
        kind=OverlayKind.COMPRESSED,
        name=name,
        by=tuple(clause.by),
        review_within=clause.review_within,
        drop=tuple(clause.drop),
        shorten={id: each.parameters() for id, each in clause.shorten.items()},
        reason=clause.reason,
    )


def emergency(clause: EmergencyClause) -> LevelOverlay:
    """An emergency as a value."""
    return LevelOverlay(
        kind=OverlayKind.EMERGENCY,
        name=EMERGENCY,
        by=tuple(clause.by),
        review_within=clause.review_within,
        drop=tuple(clause.drop or ()),
        keep=None if clause.keep is None else tuple(clause.keep),
        lasts=clause.for_,
        environments=None if clause.environments is None else tuple(clause.environments),
        reason=clause.reason,
    )


def overlay_faults(level: Level, document: YamlDocument) -> Iterator[Problem]:
    """Ids that no requirement has, what may never be dropped, and what would be asked more by being shortened."""
    known = _requirements(level)
    for name, each in level.compressions.items():
        yield from _faults(each, ("spec", "compression", name), known, document)
    if level.emergency is not None:
        yield from _faults(level.emergency, ("spec", "emergency"), known, document)


def _requirements(level: Level) -> dict[str, tuple[Requirement, ...]]:
    found: dict[str, tuple[Requirement, ...]] = {}
    own = [Additions(level.enter, level.confirm), *level.environments.values()]
    for held in own:
        for each in (*held.enter, *held.confirm):
            found[each.id] = (*found.get(each.id, ()), each)
    return found


def _faults(
    overlay: LevelOverlay, path: Path, known: dict[str, tuple[Requirement, ...]], document: YamlDocument
) -> Iterator[Problem]:
    named: list[tuple[Path, str]] = [((*path, "drop", at), each) for at, each in enumerate(overlay.drop)]
    named += [((*path, "keep", at), each) for at, each in enumerate(overlay.keep or ())]
    for where, name in named:
        if name not in known:
            yield document.unknown(where, f"no requirement here has the id {name!r}", name, known)
    for where, name in named[: len(overlay.drop)]:
        fault = next(filter(None, (_undroppable(overlay, each) for each in known.get(name, ()))), None)
        if fault is not None:
            yield document.problem(where, f"{name!r} is never dropped: {fault}", "take it out")
    for name, own in overlay.shorten.items():
        where = (*path, "shorten", name)
        if name not in known:
            yield document.unknown(
                where, f"no requirement here has the id {name!r}", name, known, at_key=True
            )
        for each in known.get(name, ()):
            for key, value in own.items():
                yield from _unshortened(each, key, value, (*where, _KEYS[key]), document)


def _undroppable(overlay: LevelOverlay, requirement: Requirement) -> str | None:
    if requirement.rule == KEPT_RULE:
        return "what is not there cannot run"
    if overlay.kind is OverlayKind.EMERGENCY:
        return None
    if requirement.rule == "approval":
        return "people who have to agree are asked all the same"
    if requirement.rule == "attested" and requirement.parameters.get("type") == "provenance":
        return "who built it does not take longer to find out"
    return None


def _unshortened(
    requirement: Requirement, key: str, value: int, path: Path, document: YamlDocument
) -> Iterator[Problem]:
    asks_less, level = _ASKS_LESS.get((requirement.rule, key)), requirement.parameters.get(key)
    word = _KEYS[key]
    if asks_less is None or level is None:
        yield document.problem(
            path, f"{requirement.id!r} asks for no `{word}` that could be less", "take it out"
        )
    elif not asks_less(value, level):
        message = f"{word} {spell_seconds(value)} asks no less than the {spell_seconds(level)} of {requirement.id!r}"
        yield document.problem(path, message, "write less, or take it out")
