"""Tell somebody: the workspace's `notify` command gets one JSON event on its standard input."""

import json
import subprocess
from pathlib import Path
from typing import Any

from ldmrelease.checks.check_files import command_files
from ldmrelease.config.workspace.model import NotifyCommand, Workspace
from ldmrelease.domain.errors import reason_of
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome

_PATIENCE = 30
_TELLING = {PromotionState.WAITING: "waiting", PromotionState.HALTED: "halted", PromotionState.STUCK: "stuck"}


def event_of(outcome: PromotionOutcome) -> dict[str, Any] | None:
    """The event that an outcome is, if somebody has to know: an approval is needed, it waits, it was halted."""
    name = _TELLING.get(outcome.state)
    if name is None:
        return None
    if outcome.state is PromotionState.WAITING and outcome.cause.get("who"):
        name = "approval-needed"
    return {"event": name, "promotion": outcome.promotion, "state": str(outcome.state), **outcome.cause}


def _is_as_agreed(command: NotifyCommand, root: Path) -> bool:
    """Whether it is agreed to, and its files are still what they were."""
    try:
        return command.agreed and command_files(command.words, (), root) == command.files
    except (OSError, ValueError):
        return False


def notify(workspace: Workspace, event: dict[str, Any]) -> str | None:
    """Run the workspace's command, if it names one. Answers what went wrong: never a reason to stop."""
    if workspace.notify is None:
        return None
    if not _is_as_agreed(workspace.notify, workspace.root):
        return (
            f"the command of `notify` is not what {workspace.trust.name} records, and is not run: `ldmrelease trust "
            "agree` shows and records it"
        )
    command = workspace.notify.words
    try:
        done = subprocess.run(
            command,
            cwd=workspace.root,
            input=json.dumps(event).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {reason_of(error)}"
    if done.returncode == 0:
        return None
    return f"{command[0]}: exit status {done.returncode} {done.stderr.decode(errors='replace').strip()[:200]}".strip()
