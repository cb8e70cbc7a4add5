"""A command gets one line of JSON for each event on its standard input."""

import json
import subprocess
from collections.abc import Sequence

from ldmrelease.domain.errors import reason_of
from ldmrelease.notifications.interface import Delivery, NotDelivered, Notification, ReceiverOptions


def deliver(receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery) -> None:
    """Run it once, in the workspace's folder. Raises `NotDelivered` where it fails or takes too long."""
    command = receiver.command
    try:
        done = subprocess.run(
            command,
            cwd=way.folder,
            input=b"".join(json.dumps(each.data).encode() + b"\n" for each in told),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=way.seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotDelivered(f"{command[0]}: {reason_of(error)}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[:200]
        raise NotDelivered(f"{command[0]}: exit status {done.returncode} {said}".strip())
