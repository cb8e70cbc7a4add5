"""What was told, and what is left to tell."""

from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText
from ldmrelease.domain.events.notifications import NotificationDue
from ldmrelease.domain.times import spell


class NotificationAnswer(Struct, frozen=True):
    """Something that somebody has to hear of: which receivers have been told, and which have not."""

    key: str
    event: str
    subject: str
    release: ReleaseName | None
    place: PlaceName | None
    time: TimeText
    text: str
    next: tuple[tuple[str, ...], ...]
    told: tuple[str, ...]
    untold: tuple[str, ...]


class ReceiverAnswer(Struct, frozen=True):
    """A receiver that was sent a message; `problem` is None where it took it."""

    receiver: str
    problem: str | None


class NotifyAnswer(Struct, frozen=True):
    """What was due of late, and what went wrong as it was told."""

    notifications: tuple[NotificationAnswer, ...]
    receivers: tuple[ReceiverAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Whether every receiver took what it was sent."""
        failed = any(each.problem is not None for each in self.receivers)
        return ExitCode.UNDECIDED if failed else ExitCode.OK


def notification_answer(
    due: NotificationDue, text: str, told: Iterable[str], untold: Iterable[str]
) -> NotificationAnswer:
    """What is due as it is shown."""
    return NotificationAnswer(
        key=due.key,
        event=due.event,
        subject=due.subject,
        release=due.release,
        place=due.place,
        time=spell(due.time),
        text=text,
        next=due.next,
        told=tuple(told),
        untold=tuple(untold),
    )
