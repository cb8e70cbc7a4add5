"""Two promoters at one place, and a holder that was stopped, taken over, and continued: real processes."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from ldmrelease.domain.events import EventKind
from ldmrelease.services.promotions.commands import Promoted, Resumed, promote, resume
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.promotions.takeover import claim_now
from ldmrelease.services.promotions.work import PlaceBusy
from tests.real.test_kills import quiet, spec
from tests.workspace import PLACE, Site, copy_site, new_site, said

pytestmark = pytest.mark.real
_PATIENCE = 60.0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rivals") / "template"
    new_site(root).release_weekly()
    return root


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return copy_site(template, tmp_path / "site")


class StopsBefore:
    """Stops the process (SIGSTOP) before the first write whose name begins so."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self, phase: str, what: str) -> None:
        if phase == "before" and what.startswith(self.what):
            self.what = "\0"
            os.kill(os.getpid(), signal.SIGSTOP)


def promoter(site: Site, report: Path, observer: object = None) -> int:
    """Promote to one place in another process, which reports what came of it; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        context = site.context(observer)
        wished = spec(context)
        answer = promote(context, type(wished)(wished.pinned, PLACE), quiet)
        report.write_text(told(answer))
        os._exit(0)
    except BaseException as error:  # the child must never return into pytest
        report.write_text(f"raised {type(error).__name__}: {error}")
        os._exit(1)


def told(answer: object) -> str:
    if isinstance(answer, PlaceBusy):
        return f"busy {answer.promotion}"
    if not isinstance(answer, Promoted | Resumed):
        return type(answer).__name__
    outcome = answer.outcome
    return "taken-over" if outcome.taken_over else "busy" if outcome.busy else str(outcome.state)


def wait_until_stopped(pid: int) -> None:
    found, status = os.waitpid(pid, os.WUNTRACED)
    assert found == pid
    assert os.WIFSTOPPED(status), f"it ended instead of stopping: {status}"


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("the other promoter did not end")


def assert_one_receipt_each(site: Site) -> None:
    context = site.context()
    receipts = Counter(said(event)["component"] for event in context.ledger.events(kinds=[EventKind.RECEIPT]))
    assert receipts == {"scipipe": 1, "release": 1}
    application = next(each for each in context.topology.applications if str(each.place) == PLACE)
    assert claim_now(context, application.place) is None
    assert context.ledger.verify() == ()
    log = site.git("log", "--format=%s", "main", "--", "applications/batch/values-usdfdev.yaml").splitlines()
    assert len(log) == 2
    context.ledger.close()


def test_two_promoters_at_once_make_one_promotion_happen(site: Site, tmp_path: Path) -> None:
    reports = [tmp_path / "one", tmp_path / "two"]
    children = [promoter(site, report) for report in reports]
    for child in children:
        wait_for_end(child)
    answers = sorted(report.read_text().split()[0] for report in reports)
    assert "succeeded" in answers
    # Who comes second may find the promotion asked for and not yet claimed, and carry it on in the first one's place.
    assert set(answers) <= {"succeeded", "busy", "NothingToDo", "superseded", "taken-over"}, answers
    context = site.context()
    for event in context.ledger.events(kinds=[EventKind.REQUESTED]):
        outcome = resume(context, event.stream.removeprefix("promotion/"), quiet)
        assert outcome.state.ended, outcome
    context.ledger.close()
    environment, application = PLACE.split("/")
    file = f"applications/{application}/values-{environment}.yaml"
    commits = site.git("log", "--format=%h", "main", "--", file).split()
    assert len(commits) == 2, "what was there, and the weekly: written once, whoever of them wrote it"
    assert_claim_free(site)


def assert_claim_free(site: Site) -> None:
    context = site.context()
    assert all(claim_now(context, each.place) is None for each in context.topology.applications)
    assert context.ledger.verify() == ()
    context.ledger.close()


STOPS = [
    "unpack-objects",  # the fence, on claiming
    "decision.made",
    "step.intended",
    "update-ref",
    "step.done",
    "run.registered",
    "WRITE",
]


@pytest.mark.parametrize("stop", STOPS)
def test_a_late_holder_fails_at_its_first_write(site: Site, tmp_path: Path, stop: str) -> None:
    report = tmp_path / "late"
    late = promoter(site, report, StopsBefore(stop))
    try:
        wait_until_stopped(late)
        context = site.context()
        name = next(context.ledger.events(kinds=[EventKind.REQUESTED])).stream.removeprefix("promotion/")
        taken = resume(context, name, quiet, take_over=True)
        assert taken.state == "succeeded", taken
        head = context.ledger.head()
        refs = site.refs()
        context.ledger.close()
    finally:
        os.kill(late, signal.SIGCONT)
        wait_for_end(late)
    assert report.read_text().split()[0] in {"taken-over", "succeeded"}, report.read_text()
    assert site.head() == head, "nothing was appended after the takeover's end"
    assert site.refs() == refs, "nothing was written after the takeover's end"
    assert_one_receipt_each(site)


def test_a_running_holder_is_not_taken_over_by_accident(site: Site, tmp_path: Path) -> None:
    late = promoter(site, tmp_path / "report", StopsBefore("update-ref"))
    try:
        wait_until_stopped(late)
        context = site.context()
        name = next(context.ledger.events(kinds=[EventKind.REQUESTED])).stream.removeprefix("promotion/")
        outcome: PromotionOutcome = resume(context, name, quiet)
        assert outcome.busy is not None
        context.ledger.close()
    finally:
        os.kill(late, signal.SIGCONT)
        wait_for_end(late)
    assert (tmp_path / "report").read_text() == "succeeded"
    assert_one_receipt_each(site)
