"""What a program that renders may take: its time, that of all of them, and what it prints."""

import os
import time
from pathlib import Path

import pytest

from ldmrelease.trees.interface import RenderLimits
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program


def program(tmp_path: Path, script: str, limits: RenderLimits) -> Program:
    file = tmp_path / "helm"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return Program(str(file), tmp_path / "work", os.environ, limits)


def refused(program: Program) -> NotRendered:
    with pytest.raises(NotRendered) as found:
        program.output("applications/lab", [])
    return found.value


def test_within_its_limits_it_is_heard(tmp_path: Path) -> None:
    assert program(tmp_path, "echo there", RenderLimits()).output("applications/lab", []) == b"there\n"


def test_one_that_takes_too_long_is_ended_and_is_not_late(tmp_path: Path) -> None:
    found = refused(program(tmp_path, "exec sleep 60", RenderLimits(seconds=0.2)))
    assert (found.folder, found.reason, found.late) == ("applications/lab", "no answer within 0.2 s", False)


def test_one_that_the_commands_time_ends_is_late(tmp_path: Path) -> None:
    limits = RenderLimits(until=time.monotonic() + 0.2)
    found = refused(program(tmp_path, "exec sleep 60", limits))
    assert (found.late, "no answer within" in found.reason) == (True, True)


def test_without_time_for_it_nothing_is_asked(tmp_path: Path) -> None:
    limits = RenderLimits(until=time.monotonic() - 1)
    found = refused(program(tmp_path, f"touch {tmp_path}/asked", limits))
    assert (found.late, (tmp_path / "asked").exists()) == (True, False)


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_one_that_prints_too_much_is_ended(tmp_path: Path, stream: str) -> None:
    script = f"exec cat /dev/zero {stream}"
    found = refused(program(tmp_path, script, RenderLimits(output=1 << 20)))
    assert (found.reason, found.late) == ("prints more than 1 MiB", False)


def test_one_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    # The limit comes a moment after the start.
    script = 'while [ "$(ulimit -v)" = unlimited ]; do sleep 0.01; done; ulimit -v'
    told = program(tmp_path, script, RenderLimits(memory=1 << 30)).output("applications/lab", [])
    assert told == f"{2 << 20}\n".encode(), "addresses: what it may take, and what a Go program reserves"
    found = refused(program(tmp_path, "echo 'fatal error: out of memory' >&2; exit 2", RenderLimits()))
    assert found.reason == "takes more than 2048 MiB of memory"
