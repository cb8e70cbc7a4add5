"""`--dayobs`: what ran in a night, for `where` and `history`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ldmrelease.answers.dayobs import dayobs_answer
from ldmrelease.domain.dayobs import dayobs_of, night
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.past_options import AsOf
from ldmrelease.render.dayobs import dayobs_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import ReadContext
from ldmrelease.services.inventory.dayobs_stretches import PlaceStretch, RanFor, stretches
from ldmrelease.services.inventory.where import PlaceComponent

IsMeant = Callable[[PlaceComponent], bool]


def night_until(dayobs: str, now: datetime) -> tuple[datetime, datetime]:
    """When a night begins, and when it ends. Raises `UsageError` for what is none, and for one that is to come."""
    try:
        begin, end = night(dayobs)
    except ValueError as error:
        raise UsageError(f"--dayobs: {error}") from None
    if begin > now:
        raise UsageError(
            f"the night {dayobs} begins at {spell(begin)}, and it is {spell(now)}",
            f"tonight is {dayobs_of(now)}",
        )
    return begin, end


class AskedNight:
    """A night that is asked for, with what ran at the places of these applications."""

    def __init__(
        self, context: ReadContext, dayobs: str, then: AsOf, applications: Sequence[Application]
    ) -> None:
        """context: limited to what was known `then`. Raises `UsageError`."""
        now = then.known or context.now()
        begin, end = night_until(dayobs, now)
        self._dayobs, self._begin, self._end, self._known = dayobs, begin, min(end, now), then.known
        self._found = list(stretches(context, applications, begin, end, now))

    def rows(self, is_meant: IsMeant | None) -> list[PlaceStretch]:
        """Everything; or the images that are meant, and the gaps at places where they were seen: they may have run
        there, too.
        """
        if is_meant is None:
            return self._found
        ran = [each for each in self._found if isinstance(each, RanFor) and is_meant(each.image)]
        places = {each.place for each in ran}
        gaps = [
            each
            for each in self._found
            if not isinstance(each, RanFor)
            and (each.place in places or any(is_meant(image) for image in each.before))
        ]
        kept = {id(each) for each in (*ran, *gaps)}
        return [each for each in self._found if id(each) in kept]

    def tell(self, rows: Sequence[PlaceStretch], output: Output, at: str | None = None) -> None:
        """Print these rows of it, which are of the places `at` a target, or of all."""
        answer = dayobs_answer(self._dayobs, self._begin, self._end, self._known, rows)
        unseen = [each.place for each in self._found if not isinstance(each, RanFor)]
        emit(answer, output, lambda: dayobs_text(answer, rows, unseen, at))
