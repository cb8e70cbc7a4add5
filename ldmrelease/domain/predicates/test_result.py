"""Test results: in-toto's test-result/v0.1, with what it lacks (time, environment, platform, run) beside it.

A result that contradicts itself is errored, never a pass (trust.md section 1).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.events.evidence import ObservedPod
from ldmrelease.domain.predicates.interface import Predicate, StatementType, read_time, value_at

PASSED, WARNED, FAILED = "PASSED", "WARNED", "FAILED"
ERRORED = "ERRORED"
"""What stands for a result that contradicts itself, or that claims to come from the future."""
RUN_FIELD = "ldmreleaseRun"


class Outcomes(Struct, frozen=True):
    """The names of the tests by what became of them."""

    passed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class CheckUsed(Struct, frozen=True):
    """The definition that was run and, where it ran as a container, its image."""

    name: str
    digest: str
    image: str | None = None
    image_digest: str | None = None


class RunDone(Struct, frozen=True):
    """Which registered run this was, where and when; `observed` were there before and after it."""

    run: str
    started: datetime
    finished: datetime
    environment: str | None = None
    cluster_uid: str | None = None
    platform: str | None = None
    observed: tuple[ObservedPod, ...] = ()


class Result(Struct, frozen=True):
    """A test result as read. Results of others have no run; `check_digest` is None where they name none."""

    result: str
    failed_tests: tuple[str, ...]
    run: str | None
    environment: str | None
    cluster_uid: str | None
    platform: str | None
    check_name: str | None
    check_digest: str | None
    started: datetime | None
    finished: datetime | None


class Contradiction(Struct, frozen=True):
    """A result that does not say what became of the check: errored. `code` says in what it fails."""

    code: str


def write_result(check: CheckUsed, result: str, tests: Outcomes, run: RunDone) -> dict[str, Any]:
    """The predicate of a result. Raises `ValueError` for one that contradicts itself."""
    predicate = {
        "result": result,
        "configuration": _configuration(check),
        "passedTests": list(tests.passed),
        "warnedTests": list(tests.warned),
        "failedTests": list(tests.failed),
        RUN_FIELD: {
            "runId": run.run,
            "environment": {"name": run.environment, "clusterUid": run.cluster_uid},
            "platform": run.platform,
            "startedOn": times.spell(run.started),
            "finishedOn": times.spell(run.finished),
            "observed": [
                {"podUid": each.pod, "container": each.container, "imageID": each.image}
                for each in run.observed
            ],
        },
    }
    read = read_result(predicate, (*tests.passed, *tests.warned))
    if isinstance(read, Contradiction):
        raise ValueError(f"the result of {check.name} contradicts itself: {read.code}")
    return predicate


def read_result(predicate: Predicate, declared: Sequence[str]) -> Result | Contradiction:
    """Read a result against the declared tests of its check (empty where the check is not known).

    Codes: `bad-result`, `bad-tests`, `test-twice`, `passed-with-failed`, `passed-with-warned`,
    `no-declared-tests`, `tests-not-run`, `no-check`, `bad-run`.
    """
    check = _check(predicate.get("configuration"))
    if isinstance(check, Contradiction):
        return check
    tests = _tests(predicate)
    if isinstance(tests, Contradiction):
        return tests
    result = predicate.get("result")
    problem = _verdict_problem(result, tests, declared)
    if problem is not None:
        return Contradiction(problem)
    return _result(str(result), tests.failed, check, predicate.get(RUN_FIELD))


def check_name(predicate: Predicate) -> str | None:
    """The name of the check that a result is of, if it names one."""
    found = _check(predicate.get("configuration"))
    return None if isinstance(found, Contradiction) else found.name


def _verdict_problem(result: Any, tests: Outcomes, declared: Sequence[str]) -> str | None:
    if result == FAILED:
        return None
    if result not in (PASSED, WARNED):
        return "bad-result"
    if tests.failed:
        return "passed-with-failed"
    if result == PASSED and tests.warned:
        return "passed-with-warned"
    if not declared:
        return "no-declared-tests"
    return "tests-not-run" if set(declared) - {*tests.passed, *tests.warned} else None


def _tests(predicate: Predicate) -> Outcomes | Contradiction:
    lists = [predicate.get(f"{kind}Tests") or [] for kind in ("passed", "warned", "failed")]
    if not all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in lists):
        return Contradiction("bad-tests")
    names = [name for each in lists for name in each]
    if len(names) != len(set(names)):
        return Contradiction("test-twice")
    return Outcomes(*(tuple(each) for each in lists))


def _configuration(check: CheckUsed) -> list[dict[str, Any]]:
    used: list[dict[str, Any]] = [{"name": check.name, "digest": _digest_set(check.digest)}]
    if check.image is not None and check.image_digest is not None:
        used.append({"name": check.image, "digest": _digest_set(check.image_digest)})
    return used


def _check(configuration: Any) -> CheckUsed | Contradiction:
    # The definition comes first; what follows is what it needed.
    first = configuration[0] if isinstance(configuration, list) and configuration else None
    if not isinstance(first, dict) or not isinstance(first.get("name"), str):
        return Contradiction("no-check")
    digests = first.get("digest")
    value = digests.get("sha256") if isinstance(digests, dict) else None
    return CheckUsed(first["name"], f"sha256:{value}" if isinstance(value, str) else "")


def _result(result: str, failed: tuple[str, ...], check: CheckUsed, run: Any) -> Result | Contradiction:
    plain = {} if run is None else run
    environment = plain.get("environment") or {} if isinstance(plain, dict) else None
    if not isinstance(environment, dict):
        return Contradiction("bad-run")
    texts = (
        plain.get("runId"),
        environment.get("name"),
        environment.get("clusterUid"),
        plain.get("platform"),
    )
    if not all(each is None or isinstance(each, str) for each in texts):
        return Contradiction("bad-run")
    try:
        started, finished = _time(plain, "startedOn"), _time(plain, "finishedOn")
    except ValueError:
        return Contradiction("bad-run")
    if run is not None and (texts[0] is None or started is None or finished is None or finished < started):
        return Contradiction("bad-run")
    return Result(result, failed, *texts, check.name, check.digest or None, started, finished)


def _time(run: dict[str, Any], name: str) -> datetime | None:
    return None if run.get(name) is None else read_time(run[name])


def _digest_set(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}


def _environment(predicate: Predicate) -> str | None:
    name = value_at(predicate, (RUN_FIELD, "environment", "name"))
    return name if isinstance(name, str) else None


def _facts(predicate: Predicate, checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a fact says of a result: of one that contradicts itself, that it is errored, and why."""
    check = check_name(predicate)
    read = read_result(predicate, checks.get(check or "", ()))
    if isinstance(read, Contradiction):
        return {"check": check, "result": ERRORED, "code": read.code}
    return {
        "check": check,
        "check_digest": read.check_digest,
        "result": read.result,
        "failed_tests": tuple(sorted(read.failed_tests)),
        "run": read.run,
        "platform": read.platform,
        "cluster_uid": read.cluster_uid,
    }


TYPE = StatementType(
    name="check",
    uris=("https://in-toto.io/attestation/test-result/v0.1",),
    times=((RUN_FIELD, "finishedOn"),),
    environment=_environment,
    facts=_facts,
    happens_somewhere=True,
    has_own_rule=True,
)
