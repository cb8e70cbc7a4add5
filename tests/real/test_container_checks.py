"""Checks in containers, on a real Docker engine that pulls from a real registry."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.checks.container_settings import container_name
from ldmrelease.checks.docker_engine import ContainerResult, remove_container, run_container
from ldmrelease.checks.job.templates import RUN, ImageRun
from ldmrelease.config.workspace.check_template import template_of
from ldmrelease.domain.topology import Check
from tests.real.engine import Engine, docker_engine
from tests.real.kube.images import Pushed, push_image
from tests.real.notebook import KERNEL, push_notebook
from tests.real.registries import RunningRegistry, docker_registry

pytestmark = pytest.mark.real

TESTS = ("starts", "answers")
UP = "sleep"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with docker_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture(scope="module")
def host(engine: Engine) -> str:
    return f"unix://{engine.socket}"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with docker_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture(scope="module")
def image(registry: RunningRegistry) -> Pushed:
    return push_image(registry, "app", "1", script=UP)


def a_run(image: Pushed, *command: str, template: str | None = None) -> ImageRun:
    check = Check("smoke", "container", TESTS, command, 60, "app", template)
    identity = frozenset({image.index, image.manifest, image.config})
    variables = {"LDMRELEASE_TAG": "w.2025.10", "LDMRELEASE_EUPS": "w_2025_10"}
    run = f"run-{secrets.token_hex(8)}"
    return ImageRun(check, template_of(check, Path()), run, image.by_digest, identity, variables)


def ran(run: ImageRun, host: str, deadline: float = 30) -> ContainerResult:
    try:
        return run_container(run, deadline=deadline, host=host)
    finally:
        remove_container(run.run, host=host)


def there(host: str, run: ImageRun) -> list[str]:
    """The identifiers of the run's containers."""
    from docker import DockerClient  # noqa: PLC0415

    client = DockerClient(host)
    return [each.id for each in client.containers.list(all=True, filters={"label": f"{RUN}={run.run}"})]


def test_exit_status_zero_passes_by_the_image_that_was_asked_for(host: str, image: Pushed) -> None:
    found = ran(a_run(image, "sh", "-c", "echo ok 1 - starts; echo ok 2 - answers"), host)
    assert (found.ran.passed, found.ran.problem) == (TESTS, None)
    assert found.image_id in (image.index, image.manifest, image.config)


@pytest.mark.parametrize(
    ("script", "passed", "failed", "problem"),
    [
        ("echo 'not ok 2 - answers'; exit 1", (), ("answers",), None),
        ("echo PASSED; exit 1", (), TESTS, None),
        ("echo FAILED", (), (), "contradiction"),
        ("echo '{\"result\": \"PASSED\", \"passedTests\": [\"starts\"], \"failedTests\": []}'", ("starts",), (), None),
        ('test "$LDMRELEASE_TAG" = w.2025.10', TESTS, (), None),
        ("echo x > /tmp/x && ! echo x > /etc/x", TESTS, (), None),
        ("! wget -T 2 -q -O - http://127.0.0.1:5000/", TESTS, (), None),
        ('[ "$(id -u)" = 65534 ]', TESTS, (), None),
    ],
)  # fmt: skip
def test_what_a_command_says_is_judged(
    script: str,
    passed: tuple[str, ...],
    failed: tuple[str, ...],
    problem: str | None,
    host: str,
    image: Pushed,
) -> None:
    found = ran(a_run(image, "sh", "-c", script), host).ran
    assert (found.passed, found.failed, found.problem) == (passed, failed, problem), found


def test_a_message_may_point_to_the_result(host: str, image: Pushed) -> None:
    at = f"{image.repository}@sha256:{'0' * 64}"
    found = ran(a_run(image, "echo", f'{{"resultAt": "{at}"}}'), host).ran
    assert (found.result_at, found.problem, found.passed) == (at, "result-not-followed", ())


def test_an_image_that_stays_up_starts(host: str, image: Pushed) -> None:
    found = ran(quick(a_run(image)), host).ran
    assert (found.passed, found.exit_code) == (TESTS, None)


@pytest.mark.parametrize("script", ["exit 3", "/nowhere/at/all"])
def test_an_image_that_ends_with_another_status_does_not_start(
    script: str, host: str, registry: RunningRegistry
) -> None:
    found = ran(quick(a_run(push_image(registry, "crash", "1", script=script))), host).ran
    assert (found.passed, found.failed, found.problem) == ((), TESTS, None)


def test_an_image_whose_program_is_not_there_does_not_start(host: str, image: Pushed) -> None:
    found = ran(a_run(image, "/nowhere/at/all", template="starts"), host).ran
    assert (found.failed, found.problem) == (TESTS, None)


def test_versions_are_compared_outside(host: str, image: Pushed) -> None:
    right = a_run(image, "echo", "lsst_distrib w_2025_10", template="versions")
    assert ran(right, host).ran.passed == TESTS
    wrong = ran(a_run(image, "echo", "lsst_distrib w_2025_09", template="versions"), host).ran
    assert wrong.failed == TESTS
    assert "w_2025_09" in wrong.output
    assert "w_2025_10" in wrong.output


def test_a_program_that_is_not_there_says_nothing(host: str, image: Pushed) -> None:
    assert ran(a_run(image, "/nowhere/at/all"), host).ran.problem == "not-started"


def test_too_long_says_nothing(host: str, image: Pushed) -> None:
    found = ran(a_run(image, "sh", "-c", "echo begun; sleep 60"), host, deadline=2).ran
    assert (found.problem, found.output, found.passed, found.failed) == ("deadline", "begun\n", (), ())


def test_an_image_that_cannot_be_pulled_says_nothing(host: str, image: Pushed) -> None:
    absent = replace(a_run(image, "sh", "-c", "exit 0"), image=f"{image.repository}@sha256:{'0' * 64}")
    assert ran(absent, host).ran.problem == "not-started"


def test_an_image_in_a_folder_is_not_started(host: str, image: Pushed) -> None:
    found = ran(replace(a_run(image, "sh", "-c", "exit 0"), image=f"oci:images@{image.index}"), host).ran
    assert found.problem == "not-started"
    assert "push it to a registry" in found.output


def test_another_image_than_the_release_has_is_mutated(host: str, image: Pushed) -> None:
    other = replace(a_run(image, "sh", "-c", "exit 0"), identity=frozenset({f"sha256:{'1' * 64}"}))
    assert ran(other, host).ran.problem == "mutated"
    assert there(host, other) == []


def test_a_container_of_a_killed_run_is_adopted_and_its_end_is_judged(host: str, image: Pushed) -> None:
    run = a_run(image, "sh", "-c", "sleep 4; echo ok 1 - starts")
    assert run_container(run, deadline=1, host=host).ran.problem == "deadline"
    before = there(host, run)
    assert run_container(run, deadline=30, host=host).ran.passed == ("starts",)
    assert there(host, run) == before
    assert remove_container(run.run, host=host)
    assert there(host, run) == []


def test_a_container_that_was_made_otherwise_is_made_anew(host: str, image: Pushed) -> None:
    run = a_run(image, "sh", "-c", "exit 1")
    assert run_container(run, deadline=30, host=host).ran.failed == TESTS
    changed = replace(run, check=replace(run.check, command=("sh", "-c", "exit 0")))
    assert ran(changed, host).ran.passed == TESTS


def test_a_foreign_container_of_that_name_is_left_alone(host: str, image: Pushed) -> None:
    from docker import DockerClient  # noqa: PLC0415

    run = a_run(image, "sh", "-c", "exit 0")
    client = DockerClient(host)
    foreign = client.containers.create(
        client.images.pull(image.by_digest).id, name=container_name(run.run), network_mode="none"
    )
    found = ran(run, host).ran
    assert found.problem == "not-started"
    assert "somebody else's" in found.output
    assert client.containers.get(foreign.id).status == "created"


def test_without_an_engine_the_fix_is_said(image: Pushed, tmp_path: Path) -> None:
    found = run_container(a_run(image, "sh", "-c", "exit 0"), deadline=5, host=f"unix://{tmp_path}/sock").ran
    assert found.problem == "no-engine"
    assert "DOCKER_HOST" in found.output
    assert not remove_container("run-1", host=f"unix://{tmp_path}/sock")


def quick(run: ImageRun) -> ImageRun:
    """The same, but two seconds count as staying up."""
    job = run.template.job
    pod = job["spec"]["template"]["spec"]
    env = [{"name": "LDMRELEASE_SETTLE", "value": "2"}]
    container = {**pod["containers"][0], "env": env}
    spec = {"template": {"spec": {**pod, "containers": [container]}}}
    return replace(run, template=replace(run.template, job={**job, "spec": spec}))


def test_a_notebook_kernel_answers(
    engine: Engine, registry: RunningRegistry, host: str, tmp_path: Path
) -> None:
    """In an image with Jupyter's kernel of Python; and it does not in one whose kernel is broken."""
    whole = push_notebook(registry)
    found = ran(a_run(whole, template="notebook"), host, deadline=120).ran
    assert found.passed == ("kernel-starts", "kernel-answers"), found
    dockerfile = f"FROM {whole.by_digest}\nRUN echo 'raise SystemExit(1)' > {KERNEL}\n"
    broken = _pushed(engine, registry, "broken", dockerfile, tmp_path)
    failed = ran(a_run(broken, template="notebook"), host, deadline=120).ran
    assert (failed.passed, failed.failed, failed.problem) == ((), TESTS, None), failed


def _pushed(engine: Engine, registry: RunningRegistry, name: str, dockerfile: str, context: Path) -> Pushed:
    """Build an image and push it; a cluster would be told its manifest and its configuration."""
    repository = f"{registry.address}/{name}"
    engine.build(f"{repository}:1", dockerfile=dockerfile, context=context)
    pushed = re.search("sha256:[0-9a-f]{64}", engine.docker("push", f"{repository}:1"))
    assert pushed
    config = engine.docker("image", "inspect", "--format", "{{.Id}}", f"{repository}:1").strip()
    return Pushed(repository, "1", pushed[0], pushed[0], config)
