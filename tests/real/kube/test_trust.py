"""What must not count as a passed check, on real clusters (LDM-564 2.2: validation has to be of what runs)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Finding, Phase
from ldmrelease.domain.events.evidence import RunRegistration, StatementReceived
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.predicates.test_result import CheckUsed, Outcomes, RunDone, write_result
from ldmrelease.domain.release import Component
from ldmrelease.domain.statements import PAYLOAD_TYPE, Subject, write_statement
from ldmrelease.services.checks.runs import RunPlace, RunResult, register, run_place, run_registered
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import decide
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest
from ldmrelease.services.evidence.registered_runs import registered_runs
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.dsse import Envelope, read_envelope
from ldmrelease.trust.records import sign_record
from tests.real.kube.given import Cluster
from tests.real.kube.images import push_image
from tests.real.kube.objects import rolled_out
from tests.real.kube.pair import LEVEL, Pair, PairSite, agree, make_pair
from tests.real.kube.site import BASE
from tests.real.test_kills import quiet
from tests.real.test_kills import spec as wish_for
from tests.workspace import WEEKLY, copy_site

pytestmark = pytest.mark.real

TESTS = ("names-a-release", "has-images")


@pytest.fixture(scope="module")
def pair(cluster: Cluster, second_cluster: Cluster) -> Iterator[Pair]:
    made = make_pair(cluster, second_cluster)
    yield made
    made.down()


@pytest.fixture(scope="module")
def uids(pair: Pair) -> dict[str, str]:
    """The UID of each place's cluster."""
    return {
        place: kube.get("Namespace", "", "kube-system")["metadata"]["uid"]
        for place, kube in pair.kubes.items()
    }


@pytest.fixture(scope="module")
def template(pair: Pair, uids: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that knows base by its cluster's UID, with the weekly at base: its smoke test passed there."""
    pair.reset()
    site = pair.site(tmp_path_factory.mktemp("trust") / "site")
    site.edit(lambda text: text.replace("  base:\n", f"  base:\n    cluster-uid: {uids[BASE]}\n"))
    agree(site.root)
    site.ok("promote", WEEKLY, "--target", BASE, "--yes")
    return site.root


@pytest.fixture
def context(template: Path, tmp_path: Path) -> Iterator[Context]:
    opened = PairSite(copy_site(template, tmp_path / "site").root).context()
    yield opened
    opened.ledger.close()


def smoke(context: Context) -> Finding:
    """What is found of the smoke test at base."""
    spec = wish_for(context, LEVEL)
    place = context.topology.applications[0].place
    decided = decide(
        context, spec.pinned, DecisionRequest(place, Intent.PROMOTE, context.person), Phase.CONFIRM
    )
    return next(each for each in decided.decision.findings if each.requirement == "smoke")


def both(finding: Finding) -> tuple[str, str]:
    return str(finding.outcome), finding.code


def pinned_of(context: Context) -> Pinned:
    return wish_for(context, LEVEL).pinned


def registered(context: Context, where: RunPlace) -> RunRegistration:
    check = context.topology.check("smoke")
    assert check is not None
    made = register(context, check, pinned_of(context), where)
    assert isinstance(made, RunRegistration)
    return made


def take_in(context: Context, run: RunRegistration, result: str = "PASSED", **changes: Any) -> None:
    """The runner signs a result of the run, which may say other things than the run does."""
    passed = result == "PASSED"
    done = RunDone(run.run, context.now(), context.now(), run.environment, run.cluster_uid)
    predicate = write_result(
        CheckUsed(run.check, run.check_digest),
        result,
        Outcomes(TESTS if passed else (), (), () if passed else TESTS),
        replace(done, **changes),
    )
    pinned = pinned_of(context)
    subject = Subject(pinned.release.name, pinned.digest)
    payload = write_statement(STATEMENT_TYPES["check"].uri, (subject,), predicate)
    envelope = context.signers.runner.sign(PAYLOAD_TYPE, payload).to_bytes()
    blob = canonical.digest(envelope)
    context.append([new_event(StatementReceived(pinned.digest, blob))], blobs={blob: envelope})


def where(uid: str | None) -> RunPlace:
    return RunPlace("base", uid)


def test_its_own_run_counts(context: Context) -> None:
    finding = smoke(context)
    assert both(finding) == ("satisfied", "passed")
    assert "seen" not in finding.values


def test_a_run_of_another_cluster_does_not_count(context: Context, uids: dict[str, str]) -> None:
    foreign = registered(context, where(uids["summit/ocps"]))
    take_in(context, foreign, "FAILED")
    finding = smoke(context)
    assert both(finding) == ("satisfied", "passed")
    assert finding.values["seen"] == {"other-cluster": 1}


def test_a_result_that_says_another_cluster_than_its_run_is_none(
    context: Context, uids: dict[str, str]
) -> None:
    run = registered(context, where(uids[BASE]))
    take_in(context, run, cluster_uid=uids["summit/ocps"])
    finding = smoke(context)
    assert finding.values["seen"] == {"other-cluster": 1}
    assert both(finding) == ("pending", "running")


def test_a_fail_after_a_pass_is_failed(context: Context, uids: dict[str, str]) -> None:
    take_in(context, registered(context, where(uids[BASE])), "FAILED")
    assert both(smoke(context)) == ("failed", "failed")


def test_a_run_is_counted_once_however_often_its_result_comes(context: Context, uids: dict[str, str]) -> None:
    run = registered(context, where(uids[BASE]))
    take_in(context, run, "FAILED")
    take_in(context, run)
    finding = smoke(context)
    assert both(finding) == ("failed", "failed")
    assert finding.values["seen"] == {"run-reused": 1}


def test_what_nobody_registered_does_not_count(context: Context, uids: dict[str, str]) -> None:
    ours = registered(context, where(uids[BASE]))
    take_in(context, ours, "FAILED")
    take_in(context, replace(ours, run="run-of-nobody"))
    finding = smoke(context)
    assert both(finding) == ("failed", "failed")
    assert finding.values["seen"] == {"unregistered": 1}


def test_a_registered_run_without_a_result_is_errored_at_its_deadline(
    template: Path, tmp_path: Path, uids: dict[str, str]
) -> None:
    site = PairSite(copy_site(template, tmp_path / "site").root)
    context = site.context()
    run = registered(context, where(uids[BASE]))
    assert both(smoke(context)) == ("pending", "running")
    context.ledger.close()
    site.clock(run.deadline)
    context = site.context()
    assert both(smoke(context)) == ("errored", "no-result")
    context.ledger.close()


def test_a_registration_that_was_put_into_the_database_does_not_count(
    context: Context, uids: dict[str, str]
) -> None:
    """Nobody's key has signed it, or one that may not: what it would hide still decides."""
    last = registered(context, where(uids[BASE]))
    take_in(context, last, "FAILED")
    pinned = pinned_of(context)
    now = context.now()
    act = RunRegistration(
        run="run-forged", check="smoke", check_digest=last.check_digest, environment="base",
        cluster_uid=uids[BASE], subjects=(pinned.digest,), registered=now, deadline=now + timedelta(hours=1),
        clock=True,
    )  # fmt: skip
    context.ledger.append(
        [new_event(act)],
        at=now,
        actor="observer",
        sign=lambda there, body: sign_record(there, body, context.signers.observer),
    )
    take_in(context, act)
    finding = smoke(context)
    assert both(finding) == ("failed", "failed")
    assert finding.values["seen"] == {"unregistered": 1}


def wished_images(site: PairSite) -> tuple[Component, ...]:
    context = site.context()
    images = pinned_of(context).release.images
    context.ledger.close()
    return images


def payload_of(envelope: bytes) -> bytes:
    """What was signed."""
    read = read_envelope(envelope)
    assert isinstance(read, Envelope)
    return read.payload


def nothing() -> None:
    """Nobody meddles."""


def run_at_base(
    site: PairSite, meddle: Callable[[], None] = nothing, between: Callable[[], None] = nothing
) -> RunResult:
    """The smoke test at base; somebody meddles when its Job was made, or between its registration and that."""
    begun: list[str] = []

    def told(phase: str, what: str) -> None:
        if phase == "after" and what.endswith("/jobs") and not begun:
            begun.append(what)
            meddle()

    context = site.context(told)
    try:
        check, application = context.topology.check("smoke"), context.topology.applications[0]
        assert check is not None
        pinned = pinned_of(context)
        run = register(context, check, pinned, run_place(context, check, application, pinned))
        assert isinstance(run, RunRegistration)
        between()
        found = run_registered(context, check, run, pinned_of(context), application)
        assert isinstance(found, RunResult)
        if found.then is not None:
            found.then()
        return found
    finally:
        context.ledger.close()


@pytest.fixture
def at_base(pair: Pair, template: Path, tmp_path: Path) -> Iterator[PairSite]:
    """The weekly at base, which a test may disturb; it is put back afterwards."""
    kube, namespace = pair.kubes[BASE], pair.namespace(BASE)
    before = kube.get("Deployment", namespace, "ocps")["spec"]["template"]
    yield PairSite(copy_site(template, tmp_path / "site").root)
    kube.patch("Deployment", namespace, "ocps", {"spec": {"template": before}})
    kube.until("Deployment", namespace, "ocps", rolled_out)


def test_undisturbed_it_passes_and_names_the_pods_that_were_there_throughout(
    pair: Pair, at_base: PairSite
) -> None:
    found = run_at_base(at_base)
    assert found.result == "PASSED"
    (envelope,) = found.blobs.values()
    predicate = canonical.parse(payload_of(envelope))["predicate"]
    (image,) = wished_images(at_base)
    assert predicate["configuration"][1] == {"name": image.source, "digest": {"sha256": image.digest[7:]}}
    observed = predicate["ldmreleaseRun"]["observed"]
    told = [
        {"podUid": pod["metadata"]["uid"], "container": each["name"], "imageID": each["imageID"]}
        for pod in pair.kubes[BASE].list("Pod", pair.namespace(BASE))
        if "deletionTimestamp" not in pod["metadata"]
        for each in pod["status"]["containerStatuses"]
    ]
    assert observed == told != []


def test_a_check_during_a_rollout_of_something_else_is_errored(pair: Pair, at_base: PairSite) -> None:
    def roll_out() -> None:
        pair.kubes[BASE].set_image("Deployment", pair.namespace(BASE), "ocps", "worker", pair.before)

    found = run_at_base(at_base, roll_out)
    assert (found.result, found.ran.problem) == ("ERRORED", "rollout")
    assert found.events == ()


def restart(pair: Pair) -> None:
    """As `kubectl rollout restart` does it, until its controller has begun."""
    kube, namespace = pair.kubes[BASE], pair.namespace(BASE)
    told = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": secrets.token_hex(4)}}}
    made = kube.patch("Deployment", namespace, "ocps", {"spec": {"template": told}})
    generation = made["metadata"]["generation"]
    kube.until(
        "Deployment", namespace, "ocps", lambda each: each["status"]["observedGeneration"] >= generation
    )


def test_a_check_during_a_restart_of_the_same_image_is_errored(pair: Pair, at_base: PairSite) -> None:
    """Old pods and new ones run the same image: nobody knows what was wrong with those that are gone."""
    found = run_at_base(at_base, lambda: restart(pair))
    assert (found.result, found.ran.problem) == ("ERRORED", "rollout")


def test_a_run_that_goes_on_after_a_restart_is_errored(pair: Pair, at_base: PairSite) -> None:
    """Its promoter was killed and comes back: what runs then is not what ran when it was registered."""

    def restarted() -> None:
        restart(pair)
        pair.kubes[BASE].until("Deployment", pair.namespace(BASE), "ocps", rolled_out)

    found = run_at_base(at_base, between=restarted)
    assert (found.result, found.ran.problem) == ("ERRORED", "rollout")


def test_a_promotion_checks_once_more_what_did_not_stand_still(pair: Pair, tmp_path: Path) -> None:
    """A restart while the Job of the first run goes on: the second one, registered anew, decides."""
    pair.reset()
    begun: list[str] = []

    def told(phase: str, what: str) -> None:
        if phase == "after" and what.endswith("/jobs"):
            begun.append(what)
            if len(begun) == 1:
                restart(pair)

    context = pair.site(tmp_path / "site").context(told)
    answer = promote(context, wish_for(context, BASE), quiet)
    assert isinstance(answer, Promoted)
    assert answer.outcome.state == "succeeded", answer.outcome
    assert len(begun) == 2
    assert len(registered_runs(context, pinned_of(context))) == 2
    assert both(smoke(context)) == ("satisfied", "passed")
    assert pair.kubes[BASE].list("Job", pair.checks) == []
    context.ledger.close()


def test_more_pods_of_the_same_are_no_rollout(pair: Pair, at_base: PairSite) -> None:
    def scale(replicas: int) -> None:
        kube, namespace = pair.kubes[BASE], pair.namespace(BASE)
        kube.patch("Deployment", namespace, "ocps", {"spec": {"replicas": replicas}}, manager="autoscaler")
        kube.until(
            "Deployment", namespace, "ocps", lambda each: each["status"].get("readyReplicas") == replicas
        )

    try:
        assert run_at_base(at_base, lambda: scale(2)).result == "PASSED"
    finally:
        scale(1)


def test_a_smoke_test_that_ends_with_1_and_says_passed_has_failed(
    cluster: Cluster, pair: Pair, tmp_path: Path
) -> None:
    """From the command line, with everything that a promotion has: it halts and puts back what was there."""
    pair.reset()
    site = pair.site(tmp_path / "site")
    liar = push_image(
        cluster.registry, f"{pair.own}/liar", "1", seed=pair.own, script="result", env={"STATUS": "1"}
    )
    said = "echo PASSED; printf PASSED > /dev/termination-log; exit 1"
    site.edit(
        lambda text: text.replace(
            "image: stack/scipipe\n    command:\n    - /app\n    - smoke\n",
            f"image: {liar.by_digest}\n    command: [/bin/sh, -c, '{said}']\n",
        )
    )
    done = site.run("promote", WEEKLY, "--target", BASE, "--yes")
    assert done.exit_code == 1, done.output
    assert "restored" in done.output
    (image,) = pair.kubes[BASE].get("Deployment", pair.namespace(BASE), "ocps")["spec"]["template"]["spec"][
        "containers"
    ]
    assert image["image"] == pair.before
