"""Waivers: what was given or taken back, and what of it counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.approvals import not_counted_words
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.decision import Outcome

if TYPE_CHECKING:
    from ldmrelease.domain.events.acts import Waiver, WaiverWithdrawn
    from ldmrelease.services.acts.release_acts import SeenWaiver
    from ldmrelease.services.governance.overview import WaiverSeen


class WaiverAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver of a requirement for a release at a place: it covers what was `failing`, and nothing new. `renews` is
    the one that it follows. `counted` or `code` and `sentence` say whether it counts now, and why not.
    """

    waiver: str
    release: ReleaseName
    place: PlaceName
    requirement: str | None
    outcome: Outcome | None
    failing: tuple[str, ...]
    person: str | None
    given: TimeText | None
    expires: TimeText | None
    reason: str | None
    renews: str | None
    counted: bool
    code: str | None
    sentence: str | None


class WaiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What `waive` did, or shows: waivers that were `given`, are `withdrawn`, or stand there (`listed`)."""

    action: Literal["given", "withdrawn", "listed", "nothing"]
    waivers: tuple[WaiverAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """It is done, or was."""
        return ExitCode.OK


def given_waivers(release: str, bodies: Iterable[Waiver], person: str) -> WaiveAnswer:
    """What a person waived."""
    found = tuple(_waiver(release, each, each.waiver, each.scope, person) for each in bodies)
    return WaiveAnswer(action="given" if found else "nothing", waivers=found)


def listed_waivers(release: str, found: Iterable[WaiverSeen]) -> WaiveAnswer:
    """The waivers of a release."""
    told = tuple(
        _waiver(
            release,
            each.given.body,
            each.given.name,
            str(each.application.place),
            each.given.person or None,
            each.code,
        )
        for each in found
    )
    return WaiveAnswer(action="listed", waivers=told)


def withdrawn_waivers(
    release: str, requirement: str, found: Iterable[WaiverWithdrawn], person: str
) -> WaiveAnswer:
    """What a person took back."""
    told = tuple(
        replace(
            _waiver(release, None, each.waiver, each.scope, person, "withdrawn"),
            requirement=requirement,
            reason=each.reason,
        )
        for each in found
    )
    return WaiveAnswer(action="withdrawn" if told else "nothing", waivers=told)


def seen_waiver(release: str, found: SeenWaiver) -> WaiverAnswer:
    """A waiver, and whether it counts; its place is its scope, which may be an environment."""
    given, body = found.given, found.given.body
    scope = body.scope if body is not None else ""
    return _waiver(release, body, given.name, scope, given.person or None, found.code)


def _waiver(
    release: str,
    body: Waiver | None,
    name: str,
    place: str,
    person: str | None,
    code: str | None = None,
) -> WaiverAnswer:
    return WaiverAnswer(
        waiver=name,
        release=release,
        place=place,
        requirement=body.requirement if body is not None else None,
        outcome=body.outcome if body is not None else None,
        failing=body.failing if body is not None else (),
        person=person,
        given=time_text(body.time) if body is not None else None,
        expires=time_text(body.expires) if body is not None else None,
        reason=body.reason if body is not None else None,
        renews=body.renews if body is not None else None,
        counted=code is None,
        code=code,
        sentence=None if code is None else _why(code),
    )


def _why(code: str) -> str:
    return "it has ended" if code == "expired" else not_counted_words({"code": code})
