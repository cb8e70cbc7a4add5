"""Checks of kind `container`: on a Docker engine of this machine, before anything is deployed.

The same templates as of Jobs are run, with what a container has of them: command, environment, user, memory, and
empty folders. No network, nothing writable but those folders, no capabilities. The container of a run that was
killed has its run's name: it is adopted where it is what would be made now, else made anew.
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from msgspec import Struct

from ldmrelease.checks.container_settings import Settings, Unsuitable, container_name, settings
from ldmrelease.checks.job.readback import is_of
from ldmrelease.checks.job.templates import RUN, ImageRun
from ldmrelease.checks.outcome import OutcomeRule, RunOutcome, judge_output, said_nothing, started, tail
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import UnavailableError, reason_of
from ldmrelease.domain.images import Carrier, parse_reference

NO_ENGINE = "no-engine"
_DEFINITION = "ldmrelease.dev/definition"
_FIX = "install one and start it, or let DOCKER_HOST name one that you may use (`docker version` tells)"
_NO_PACKAGE = "the docker package is missing: install ldmrelease[docker]"
_LOG_LINES = 200
# How an engine's exit status says that the program could not be started: not executable, not found.
_NEVER_BEGAN = (126, 127)

Progress = Callable[[str], None]


class ContainerResult(Struct, frozen=True):
    """What a container gave; `image_id` is the image's digest as the engine names it, empty where none ran."""

    ran: RunOutcome
    image_id: str = ""


def run_container(
    run: ImageRun, *, deadline: float, host: str | None = None, progress: Progress = lambda _: None
) -> ContainerResult:
    """Pull the image by digest, run it or adopt its container, and judge it. The container is left there.

    `deadline` is how many seconds are left; `host` is the engine's address, as in `unix:///run/docker.sock`,
    None for what DOCKER_HOST says; `progress` is told what is waited for.

    Problems of `ran`: `no-engine`, `not-started`, `deadline`, `mutated`, `contradiction`.
    """
    until = time.monotonic() + deadline
    try:
        wanted = settings(run)
        engine = _engine(host)
    except Unsuitable as error:
        return ContainerResult(said_nothing("not-started", str(error)))
    except _NoEngine as error:
        return ContainerResult(said_nothing(NO_ENGINE, str(error)))
    from docker.errors import APIError, DockerException  # noqa: PLC0415  # the engine is there, so it is loaded

    try:
        with closing(engine):
            return _run(_Engine(engine, run, wanted, until, progress))
    except APIError as error:
        return ContainerResult(said_nothing("not-started", str(error.explanation or error)))
    except (DockerException, OSError) as error:
        return ContainerResult(said_nothing(NO_ENGINE, f"the Docker engine was lost: {reason_of(error)}"))


def remove_container(run: str, *, host: str | None = None) -> bool:
    """Remove the container of a run, after its result is recorded; whether the engine did it or had none."""
    try:
        engine = _engine(host)
    except _NoEngine:
        return False
    from docker.errors import DockerException, NotFound  # noqa: PLC0415

    try:
        with closing(engine):
            found = engine.containers.get(container_name(run))
            if found.labels.get(RUN) == run:
                found.remove(force=True)
    except NotFound:
        return True
    except (DockerException, OSError):
        return False
    return True


class _NoEngine(UnavailableError):
    """No engine can be asked; says why and what to do."""

    where = "the Docker engine"


def _engine(host: str | None) -> Any:
    try:
        # A third of a second, and an extra: only who has such a check pays for it.
        from docker import DockerClient, from_env  # noqa: PLC0415
        from docker.errors import DockerException  # noqa: PLC0415
    except ImportError as error:
        raise _NoEngine(_NO_PACKAGE) from error
    try:
        engine = DockerClient(host) if host else from_env()
        engine.ping()
    except (DockerException, OSError) as error:
        raise _NoEngine(f"no Docker engine answers: {reason_of(error)}; {_FIX}") from error
    return engine


class _Engine(Struct, frozen=True):
    """An engine, and the run on it."""

    client: Any
    run: ImageRun
    wanted: Settings
    until: float
    progress: Progress

    @property
    def left(self) -> float:
        """Seconds until the deadline; an engine is never asked to wait for none."""
        return max(0.1, self.until - time.monotonic())


def _run(this: _Engine) -> ContainerResult:
    if parse_reference(this.run.image).carrier is Carrier.LAYOUT:
        why = f"{this.run.image} is in a folder, where no engine can pull from: push it to a registry"
        return ContainerResult(said_nothing("not-started", why))
    image = _pulled(this)
    seen = [image.id, *image.attrs.get("RepoDigests", [])]
    if not any(is_of(each, this.run.identity) for each in seen):
        return ContainerResult(said_nothing("mutated", f"the engine has {', '.join(seen)}"), image.id)
    if this.wanted.own_user and image.attrs["Config"].get("User", "").split(":")[0] in ("", "0", "root"):
        why = "the image's user is root: say runAsUser in the check's template"
        return ContainerResult(said_nothing("not-started", why), image.id)
    container = _made_or_adopted(this, image.id)
    if container is None:
        why = f"a container named {this.wanted.name} is somebody else's"
        return ContainerResult(said_nothing("not-started", why), image.id)
    return ContainerResult(_outcome(this, container), image.id)


def _pulled(this: _Engine) -> Any:
    from docker.errors import ImageNotFound  # noqa: PLC0415

    try:
        return this.client.images.get(this.run.image)
    except ImageNotFound:
        this.progress(f"pulling {this.run.image}")
        return this.client.images.pull(this.run.image)


def _made_or_adopted(this: _Engine, image: str) -> Any | None:
    """The run's container, there since before or new; None where its name is taken by another's."""
    from docker.errors import NotFound  # noqa: PLC0415

    definition = canonical.digest_of([image, this.wanted.options])
    try:
        found = this.client.containers.get(this.wanted.name)
    except NotFound:
        pass
    else:
        if found.labels.get(RUN) != this.run.run:
            return None
        if found.labels.get(_DEFINITION) == definition:
            return found
        found.remove(force=True)
    options = {**this.wanted.options, "labels": {**this.wanted.options["labels"], _DEFINITION: definition}}
    return this.client.containers.create(image, name=this.wanted.name, **options)


def _outcome(this: _Engine, container: Any) -> RunOutcome:
    from docker.errors import APIError  # noqa: PLC0415

    verdict, tests = this.run.template.verdict, this.run.check.tests
    try:
        if container.status == "created":
            container.start()
    except APIError as error:
        container.reload()
        code = container.attrs["State"]["ExitCode"]
        if verdict is OutcomeRule.STARTS and code in _NEVER_BEGAN:
            return started(tests, str(error.explanation), code)
        return said_nothing("not-started", str(error.explanation))
    this.progress("running")
    settle = verdict is OutcomeRule.STARTS and this.run.template.settle < this.left
    code = _exit_code(container, this.run.template.settle if settle else this.left)
    output = tail(container.logs(tail=_LOG_LINES))
    if code is None:
        return started(tests, output, None) if settle else said_nothing("deadline", output)
    return judge_output(tests, code, output, verdict, this.run.variables)


def _exit_code(container: Any, seconds: float) -> int | None:
    """The exit status; None where the container still runs after so many seconds."""
    # The docker package lets these errors of its own dependency through.
    from requests.exceptions import ConnectionError as Lost  # noqa: PLC0415
    from requests.exceptions import ReadTimeout  # noqa: PLC0415

    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            return int(container.wait(timeout=left)["StatusCode"])
        except (ReadTimeout, Lost):
            # Too long, or the connection was cut: then it is asked again, which tells whether the engine is there.
            container.reload()
    state = container.attrs["State"]
    return None if state["Running"] else int(state["ExitCode"])
