"""Text for what was told, and what is left to tell."""

import shlex

from ldmrelease.answers.notifications import NotificationAnswer, NotifyAnswer
from ldmrelease.answers.sentences.text import listed


def notify_text(answer: NotifyAnswer) -> str:
    """A paragraph for each notification, a line for each receiver that something went wrong with."""
    lines = [_told(each) for each in answer.notifications]
    lines += [f"{each.receiver}: {each.problem or 'took it'}" for each in answer.receivers]
    return "\n".join(lines) or "nobody has to be told of anything"


def _told(each: NotificationAnswer) -> str:
    told = f"told: {listed(each.told)}" if each.told else "told: nobody yet"
    untold = f"; to be told: {listed(each.untold)}" if each.untold else ""
    commands = [f"  {shlex.join(words)}" for words in each.next]
    return "\n".join([f"{each.time}  {each.text}", *commands, f"  {told}{untold}"])
