"""The formats in which every gate prints its answer: those of every command, and those of systems that show it."""

import enum
from collections.abc import Callable
from importlib import import_module

from ldmrelease.answers.gate import GateAnswer
from ldmrelease.render.output import Output, as_json, emit, pass_on


class GateOutput(enum.StrEnum):
    """Text, JSON and YAML as of every command; SARIF 2.1.0, JUnit, GitHub's annotations and job summary, GitLab's Code
    Quality."""

    text = "text"
    wide = "wide"
    json = "json"
    yaml = "yaml"
    sarif = "sarif"
    junit = "junit"
    github = "github"
    github_summary = "github-summary"
    gitlab = "gitlab"


_MODULES = {
    GateOutput.sarif: ("sarif", "sarif_report"),
    GateOutput.junit: ("junit", "junit_report"),
    GateOutput.github: ("github_report", "github_annotations"),
    GateOutput.github_summary: ("github_report", "github_summary"),
    GateOutput.gitlab: ("gitlab_report", "gitlab_report"),
}
REPORTS = (GateOutput.json, *_MODULES)
"""What may go into a file of its own beside the answer that is printed."""


def emit_gate(
    answer: GateAnswer, output: GateOutput, text: Callable[[], str], *, waiting_is_bad: bool
) -> None:
    """Print the answer. `text` says it for people; `waiting_is_bad`: what has to wait shuts the gate, too."""
    if output in _MODULES:
        pass_on(report(answer, output, waiting_is_bad=waiting_is_bad) + "\n")
    else:
        emit(answer, Output(output), text)


def report(answer: GateAnswer, output: GateOutput, *, waiting_is_bad: bool) -> str:
    """The answer in one of `REPORTS`, without a newline at its end."""
    if output is GateOutput.json:
        return as_json(answer)
    module, name = _MODULES[output]
    make = getattr(import_module(f"ldmrelease.render.gate.{module}"), name)
    found: str = make(answer, waiting_is_bad=waiting_is_bad)
    return found
