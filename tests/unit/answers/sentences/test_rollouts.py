"""Words for rollouts: what people see while they wait, and why it did not come about."""

from typing import Any

import pytest

from ldmrelease.answers.sentences.rollouts import FAILURES, PENDING_ACTS, pending_act_words
from ldmrelease.answers.sentences.target_refusals import failure_words
from ldmrelease.render.progress import progress_line

PLACE = "base/ocps"
APP = {"place": PLACE, "workload": "Deployment/ocps"}
COUNTS = {"ready": 1, "wanted": 2}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"code": "not-ready", **COUNTS, "waiting_for": ["ocps-abc"]},
            "Deployment/ocps: 1 of 2 ready, waiting for ocps-abc (not ready)",
        ),
        (
            {"code": "old-pods", **COUNTS, "waiting_for": list("abcde")},
            "Deployment/ocps: 1 of 2 ready, waiting for a, b, c and 2 more pods (old pods are still there)",
        ),
        (
            {"code": "image-pull", **COUNTS, "waiting_for": [], "pod": "ocps-abc"},
            "Deployment/ocps: 1 of 2 ready, waiting for ocps-abc (no image)",
        ),
        (
            {"code": "nodes-not-ready", **COUNTS, "waiting_for": [], "nodes": ["usdf-2", "usdf-3"]},
            "Deployment/ocps: 1 of 2 ready, other nodes are not ready: usdf-2 and usdf-3",
        ),
        ({"code": "healthy", "ready": 2, "wanted": 2, "waiting_for": []}, "Deployment/ocps: 2 of 2 ready"),
        ({"code": "scaled-to-zero"}, "Deployment/ocps: scaled to zero, nothing is to run there"),
        ({"code": "scheduled", "suspended": False}, "Deployment/ocps: scheduled, its next Job runs it"),
        ({"code": "cut", "reason": "refused"}, "the API server is away (refused); waiting for it"),
        ({"code": "back"}, "the API server is back"),
        ({"code": "vanished"}, "Deployment/ocps: is not there; waiting for it to be made again"),
    ],
)
def test_a_line_says_how_far_it_is_and_whom_it_waits_for(values: dict[str, Any], line: str) -> None:
    assert progress_line("rollout", APP | values) == f"{PLACE}: {line}"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (
            {"revision": "sha256:ab", "lines": {}, "found": False, "fields": ["Deployment/ocps/worker"]},
            "written: Deployment/ocps worker",
        ),
        (
            {
                "revision": "sha256:ab",
                "lines": {},
                "fields": ["Pod/a/main", "Pod/a/volume/data", "Pod/b/main"],
            },
            "written: Pod/a main and volume/data, Pod/b main",
        ),
        ({"revision": "sha256:ab", "lines": {}, "found": True}, "unchanged"),
        (
            {"revision": "sha256:ab", "lines": {"image.tag": 3}},
            "written: image.tag in line 3",
        ),
        (
            {"revision": "0123456789abcdef", "lines": {"image.tag": 3}},
            "written: image.tag in line 3 (commit 0123456789ab)",
        ),
    ],
)
def test_what_was_written_is_told_in_the_terms_of_its_target(result: dict[str, Any], line: str) -> None:
    told = {"step": f"{PLACE}/apply", "place": PLACE, **result}
    assert progress_line("step.done", told) == f"{PLACE}: {line}"


def test_a_crash_is_told_with_its_last_lines_and_nothing_steers_the_terminal() -> None:
    told = {"workload": "Deployment/a", "pod": "a-1", "container": "main", "exit_code": 3, "restarts": 1}
    said = failure_words("crash-loop", told | {"reason": "Error", "log": "one\n\x1b[2Jtwo\n"})
    assert said.splitlines() == [
        "Deployment/a: the pod a-1 (main) crashes again and again (exit code 3, Error, 1 restart); its last lines:",
        "    | one",
        "    | \\x1b[2Jtwo",
    ]


def test_a_program_that_is_not_there_is_told_in_the_runtimes_words() -> None:
    told = {"workload": "Deployment/a", "pod": "a-1", "container": "main", "exit_code": 128}
    said = failure_words("crash-loop", told | {"reason": "StartError", "message": "no such file", "log": ""})
    assert said.endswith("(exit code 128, StartError, 0 restarts): no such file")


@pytest.mark.parametrize("code", [*FAILURES, *PENDING_ACTS])
def test_words_never_fail_whatever_was_recorded(code: str) -> None:
    assert failure_words(code, {})
    assert pending_act_words(code, {})
