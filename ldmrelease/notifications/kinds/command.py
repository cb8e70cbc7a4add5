"""A command gets one line of JSON for each event on its standard input."""

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from tempfile import TemporaryFile

from ldmrelease.domain.errors import reason_of
from ldmrelease.notifications.interface import Delivery, NotDelivered, Notification, ReceiverOptions

_LONGEST = 200
"""Bytes of what it says on standard error that are told."""


def deliver(receiver: ReceiverOptions, told: Sequence[Notification], way: Delivery) -> None:
    """Run it once, in the workspace's folder. Raises `NotDelivered` where it fails or takes too long."""
    command = receiver.command
    lines = b"".join(json.dumps(each.data).encode() + b"\n" for each in told)
    # A file and no pipe: what it leaves running in the background would hold a pipe open.
    with TemporaryFile() as errors:
        try:
            status = _run(command, lines, errors.fileno(), way)
        except subprocess.TimeoutExpired as error:
            raise NotDelivered(f"{command[0]}: no answer within {way.seconds:g} s") from error
        except OSError as error:
            raise NotDelivered(f"{command[0]}: {reason_of(error)}") from error
        errors.seek(0)
        said = errors.read(_LONGEST).decode(errors="replace").strip()
    if status:
        raise NotDelivered(f"{command[0]}: exit status {status} {said}".strip())


def _run(command: Sequence[str], lines: bytes, errors: int, way: Delivery) -> int:
    process = subprocess.Popen(
        command,
        cwd=way.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,
    )
    with process:
        try:
            process.communicate(lines, timeout=way.seconds)
        except BaseException:
            # With all that it started: whatever stays would go on after it was said to have failed.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode
