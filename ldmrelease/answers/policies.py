"""Policies: what a level asks for."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.answers.sentences.requirements import requirement_words
from ldmrelease.answers.spellings import DigestText, TimeText, Values, plain_values, time_text
from ldmrelease.domain.level import Ask, Level, LevelOverlay, Recalled, Requirement, Unmanaged


class RequirementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One demand. Before `enforce_from` it is only reported; `source` is the sentence that it comes from."""

    id: str
    rule: str
    parameters: Values
    sentence: str
    enforce_from: TimeText | None
    waivable_by: tuple[str, ...]
    source: str | None


class EnvironmentAdditionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one environment asks beyond its level."""

    enter: tuple[RequirementAnswer, ...]
    confirm: tuple[RequirementAnswer, ...]
    excludes: tuple[str, ...]


class LevelOverlayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a level asks less in a compression or an emergency. `keep`: all is left away but those. `lasts` and
    `review_within` are in seconds.
    """

    kind: str
    name: str
    by: tuple[str, ...]
    drop: tuple[str, ...]
    keep: tuple[str, ...] | None
    shorten: dict[str, Values]
    lasts: int | None
    environments: tuple[str, ...] | None
    review_within: int
    reason: str | None


class LevelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A policy document: `enter` before anything is touched, `confirm` after it runs there. `availability` is in
    seconds; `ask` says when somebody has to confirm a change, `unmanaged` what a gate does
    about images that no product declares, `recalled` what admission does about images that run and are recalled. With
    an `environment`, what that asks beyond the level is taken in.
    """

    level: str
    environment: str | None
    version: int
    digest: DigestText
    accepts: tuple[str, ...]
    excludes: tuple[str, ...]
    availability: int | None
    ask: Ask
    unmanaged: Unmanaged
    recalled: Recalled
    source: str | None
    enter: tuple[RequirementAnswer, ...]
    confirm: tuple[RequirementAnswer, ...]
    environments: dict[str, EnvironmentAdditionsAnswer]
    overlays: tuple[LevelOverlayAnswer, ...]
    review: dict[str, Any] | None


def level_answer(level: Level, environment: str | None) -> LevelAnswer:
    """A level; `environment` is the one whose additions it has taken in."""
    return LevelAnswer(
        level=level.name,
        environment=environment,
        version=level.version,
        digest=level.digest,
        accepts=level.accepts,
        excludes=level.excludes,
        availability=level.availability,
        ask=level.ask,
        unmanaged=level.unmanaged,
        recalled=level.recalled,
        source=level.source,
        enter=_requirements(level.enter),
        confirm=_requirements(level.confirm),
        environments={
            name: EnvironmentAdditionsAnswer(
                enter=_requirements(own.enter), confirm=_requirements(own.confirm), excludes=own.excludes
            )
            for name, own in level.environments.items()
        },
        overlays=tuple(
            _overlay(each) for each in (*level.compressions.values(), level.emergency) if each is not None
        ),
        review=level.review,
    )


def _overlay(overlay: LevelOverlay) -> LevelOverlayAnswer:
    return LevelOverlayAnswer(
        kind=str(overlay.kind),
        name=overlay.name,
        by=overlay.by,
        drop=overlay.drop,
        keep=overlay.keep,
        shorten={name: plain_values(each) for name, each in overlay.shorten.items()},
        lasts=overlay.lasts,
        environments=overlay.environments,
        review_within=overlay.review_within,
        reason=overlay.reason,
    )


def _requirements(found: Iterable[Requirement]) -> tuple[RequirementAnswer, ...]:
    return tuple(
        RequirementAnswer(
            id=each.id,
            rule=each.rule,
            parameters=plain_values(each.parameters),
            sentence=requirement_words(each),
            enforce_from=time_text(each.enforce_from),
            waivable_by=each.waivable_by,
            source=each.source,
        )
        for each in found
    )
