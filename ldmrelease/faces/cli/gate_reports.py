"""`--report FORMAT=FILE`: what a gate answers, in further formats, each into a file. One decision makes all of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from ldmrelease.answers.gate import GateAnswer
from ldmrelease.atomic_files import replace_file
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.gate.formats import REPORTS, GateOutput, report

ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=FILE",
        help=f"Also write a report to a file: {', '.join(REPORTS)}; repeatable.",
    ),
]


_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


class ReportFile(NamedTuple):
    """A report that is asked for, and where it goes."""

    output: GateOutput
    file: Path


def report_files(asked: Iterable[str] | None) -> tuple[ReportFile, ...]:
    """What `--report` asks for. Raises UsageError, before anything is decided."""
    return tuple(_report_file(each) for each in asked or ())


def write_reports(files: Iterable[ReportFile], answer: GateAnswer, *, waiting_is_bad: bool) -> None:
    """Write them. Raises UsageError for a file that cannot be written."""
    for output, file in files:
        write_file(file, report(answer, output, waiting_is_bad=waiting_is_bad) + "\n")


def write_file(file: Path | str, text: str) -> None:
    """Write what a gate says into a file. Raises UsageError for one that cannot be written.

    A gate runs in a checkout of what somebody proposes: a link that lies there is replaced, and not followed to a file
    of somebody else.
    """
    path = Path(file)
    try:
        if _is_stream(path):
            path.write_text(text, encoding="utf-8")
        else:
            replace_file(path, text.encode())
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror})", "name another file") from None


def _is_stream(path: Path) -> bool:
    """Whether it is no file that could be replaced: a pipe, a terminal, `/dev/stdout` wherever that leads."""
    return str(path).startswith(_STREAMS) or (path.exists() and not path.is_file())


def _report_file(asked: str) -> ReportFile:
    name, _, file = asked.partition("=")
    if name not in REPORTS or not file:
        raise UsageError(f"--report {asked}: write FORMAT=FILE with one of {', '.join(REPORTS)}")
    path = Path(file)
    if not path.parent.is_dir():
        raise UsageError(f"--report {asked}: there is no folder {path.parent}", "name another file")
    return ReportFile(GateOutput(name), path)
