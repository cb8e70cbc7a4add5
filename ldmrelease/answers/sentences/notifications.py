"""Words for notifications: one sentence for what somebody has to hear of."""

from ldmrelease.answers.sentences.causes import cause_words, waits_words
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import listed, said
from ldmrelease.domain.events.notifications import NotificationDue

TEST = "ldmrelease: this is a test of the receivers of notifications; nothing has to be done"


def due_words(due: NotificationDue) -> str:
    """`stack/w.2023.16 waits at summit/nublado for release-manager (P-42)`."""
    what = due.release or due.subject
    where = f" at {due.place}" if due.place else ""
    return printable(f"{what} {_state(due)}{where}{_why(due)} ({due.subject})")


def _state(due: NotificationDue) -> str:
    match due.event:
        case "approval-needed":
            return "needs an approval"
        case "waiting":
            return "waits"
        case "recalled":
            return "was recalled"
        case "halted":
            return "was halted"
        case _:
            return "is stuck"


def _why(due: NotificationDue) -> str:
    if due.event in ("approval-needed", "waiting"):
        words = waits_words({**due.values, "who": list(due.who)})
        return f" {words}" if words else ""
    if due.event == "recalled":
        where = due.values["places"]
        runs = f"it runs at {listed(where)}" if where else "it runs nowhere that we know of"
        return f" by {said(due.values['person'])}: {said(due.values['reason'])}; {runs}"
    words = cause_words(due.values)
    return f": {words}" if words else ""
