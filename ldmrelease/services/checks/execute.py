"""Carry a registered run out: as a local process, in a container, or as a Job where the release runs."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.checks.interface import CheckRun, ExecutedRun
from ldmrelease.checks.job.templates import PROMOTION, ImageRun
from ldmrelease.checks.outcome import OutcomeRule, RunOutcome, judge_output, said_nothing
from ldmrelease.checks.registry import kind_of, traits
from ldmrelease.config.workspace.check_template import template_of
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.domain.topology import Application, Check
from ldmrelease.services.checks.referenced_results import resolve_referenced
from ldmrelease.services.needs import CheckExecution
from ldmrelease.services.progress import HEARTBEAT, Progress
from ldmrelease.services.releases.pin import Pinned


class RunSpec(Struct, frozen=True):
    """A registered run: of which check, for which release, at which application."""

    check: Check
    run: RunRegistration
    pinned: Pinned
    application: Application


def execute(
    context: CheckExecution, this: RunSpec, progress: Progress, heartbeat: Callable[[], None]
) -> ExecutedRun | Unavailable:
    """Run it. `Unavailable`: the cluster, or where the result is, could not be reached; a later try goes on.

    `heartbeat` is called now and then while a Job is waited for.

    Raises `BadInput` for a bad template, `BadAccess` and `ClusterError` where there is no access to the cluster.
    """
    executed = _executed(context, this, progress, heartbeat)
    if isinstance(executed, Unavailable) or executed.ran.result_at is None:
        return executed
    heartbeat()
    ran = resolve_referenced(
        context.registries, this.check, executed.ran, partial(_judged, context.workspace, this, executed.ran)
    )
    if not isinstance(ran, Unavailable):
        return replace(executed, ran=ran)
    # What failed stays failed, of all its declared tests: a pointer that nobody can follow may be of its own making.
    return executed if executed.ran.failed else ran


def _judged(workspace: Workspace, this: RunSpec, ran: RunOutcome, result: str) -> RunOutcome:
    """The run judged by the result that its message points to. One that has an exit status alone points somewhere."""
    verdict = OutcomeRule.TESTS
    if traits(this.check.kind).runs_image:
        verdict = template_of(this.check, workspace.root).verdict
    told = variables(this)
    return judge_output(this.check.tests, ran.exit_code or 0, ran.output, verdict, told, result=result)


def _executed(
    context: CheckExecution, this: RunSpec, progress: Progress, heartbeat: Callable[[], None]
) -> ExecutedRun | Unavailable:
    """Run it, and judge it by its message alone. Raises as `execute` does."""
    workloads = this.application.workloads

    def waits(what: str) -> None:
        progress("check", {"check": this.check.name, "waits": what})

    def left() -> float:
        return (this.run.deadline - context.now()).total_seconds()

    run = CheckRun(
        check=this.check,
        run=this.run.run,
        place=str(this.application.place),
        folder=context.workspace.root,
        variables=variables(this),
        image=lambda there: _image_run(context.workspace, this, this.application.registry if there else None),
        left=left,
        api=partial(context.clusters.open, workloads.cluster) if workloads is not None else None,
        waits=waits,
        heartbeat=heartbeat,
        heartbeat_every=HEARTBEAT,
    )
    return kind_of(this.check.kind).run(run)


def _image_run(workspace: Workspace, this: RunSpec, registry: str | None) -> ImageRun | RunOutcome:
    """The run with its image: a component's, as the site pulls it, or the one that the check names by digest."""
    template = template_of(this.check, workspace.root)
    if template.digest != this.check.document:
        return said_nothing("files-changed", "the check's template was changed before it began")
    wanted = template.component or this.check.image or ""
    name, at, digest = wanted.partition("@")
    component = None if at else this.pinned.release.component(name.rpartition("/")[2])
    if at:
        image, identity = wanted, frozenset({digest})
    elif component is not None:
        image = f"{site_repository(component.source, registry)}@{component.digest}"
        identity = component.identity.digests()
    else:
        return said_nothing("no-image", f"{this.pinned.release.name} has no component {wanted!r}")
    labels = {PROMOTION: this.run.promotion} if this.run.promotion else {}
    return ImageRun(this.check, template, this.run.run, image, identity, variables(this), labels)


def variables(this: RunSpec) -> dict[str, str]:
    """What a run is told about the release and where it runs."""
    release = this.pinned.release
    told: dict[str, Any] = {
        "LDMRELEASE_PRODUCT": release.product,
        "LDMRELEASE_TAG": release.tag,
        "LDMRELEASE_EUPS": this.pinned.tag.eups or "",
        "LDMRELEASE_RELEASE": this.pinned.digest,
        "LDMRELEASE_RUN": this.run.run,
        "LDMRELEASE_ENVIRONMENT": this.run.environment or "",
        "LDMRELEASE_APPLICATION": this.application.place.application,
    }
    if this.check.results is not None:
        told["LDMRELEASE_RESULTS"] = this.check.results
    for image in release.images:
        name = image.name.upper().replace("-", "_").replace(".", "_")
        told[f"LDMRELEASE_IMAGE_{name}"] = f"{image.source}@{image.digest}"
    return told
