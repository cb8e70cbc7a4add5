"""Templates of checks: Kubernetes Jobs whose one image is `component://NAME`, filled in for a run by dict edits.

They have no language of our own: `$(NAME)` in `command`, `args` and `env` is expanded by Kubernetes. What the
safety of a run rests on (no token, no retry, no rights) is set here, whatever the template says.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from msgspec import Struct, field

from ldmrelease.checks.outcome import OutcomeRule
from ldmrelease.domain.topology import Check

SCHEME = "component://"
CHECKED = "checked"
"""The component of a template that is for whichever image its check names."""

VERDICT = "ldmrelease.dev/verdict"
RUN = "ldmrelease.dev/run"
PROMOTION = "ldmrelease.dev/promotion"
SETTLE = "LDMRELEASE_SETTLE"
SERVICE_ACCOUNT = "ldmrelease-check"
_USUAL_SETTLE = 10


class JobTemplate(Struct, frozen=True):
    """A Job manifest that was found good (config/check_template.py).

    `file` is where it is from, `digest` that of the document as written.
    """

    file: str
    job: dict[str, Any]
    digest: str = ""

    @property
    def verdict(self) -> OutcomeRule:
        """What decides about its runs."""
        return OutcomeRule(
            self.job.get("metadata", {}).get("annotations", {}).get(VERDICT, OutcomeRule.TESTS)
        )

    @property
    def component(self) -> str | None:
        """The component whose image it runs; None where the check says."""
        name = str(pod_spec(self.job)["containers"][0]["image"]).removeprefix(SCHEME)
        return None if name == CHECKED else name

    @property
    def settle(self) -> int:
        """How long, in seconds, a container has to stay up that was only to start."""
        env = pod_spec(self.job)["containers"][0].get("env", [])
        return next((int(each["value"]) for each in env if each["name"] == SETTLE), _USUAL_SETTLE)


def pod_spec(job: Mapping[str, Any]) -> dict[str, Any]:
    """The pod's specification in a Job manifest."""
    spec: dict[str, Any] = job["spec"]["template"]["spec"]
    return spec


def job_name(run: str) -> str:
    """The name of a run's Job: `check-<16 hex digits>` of `run-<16 hex digits>`, so that a second one collides."""
    return f"check-{run.removeprefix('run-')}"


class ImageRun(Struct, frozen=True):
    """A run of a check in an image.

    `run` is the registered run's id; `image` a reference by digest; `identity` every digest that the image may be
    seen under (index, platform manifests, configurations); `variables` go into the environment; `labels` onto
    the Job and its pod.
    """

    check: Check
    template: JobTemplate
    run: str
    image: str
    identity: frozenset[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def fill(this: ImageRun) -> dict[str, Any]:
    """The Job of a run: the same, byte for byte, however often the run is resumed."""
    job = deepcopy(this.template.job)
    given = job.get("metadata", {})
    every = {**given.get("labels", {}), **this.labels, RUN: this.run}
    job["metadata"] = {
        "name": job_name(this.run),
        "namespace": this.check.namespace,
        "labels": every,
        "annotations": given.get("annotations", {}),
    }
    job["spec"] |= {"backoffLimit": 0, "activeDeadlineSeconds": this.check.deadline}
    pod = job["spec"]["template"]
    pod["metadata"] = {**pod.get("metadata", {}), "labels": every}
    _fill_pod(pod["spec"])
    _fill_container(pod["spec"]["containers"][0], this)
    return job


def _fill_pod(spec: dict[str, Any]) -> None:
    spec.setdefault("serviceAccountName", SERVICE_ACCOUNT)
    spec |= {"restartPolicy": "Never", "automountServiceAccountToken": False, "enableServiceLinks": False}
    spec["securityContext"] = {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        **spec.get("securityContext", {}),
    }


def _fill_container(container: dict[str, Any], this: ImageRun) -> None:
    container |= {"image": this.image, "terminationMessagePolicy": "FallbackToLogsOnError"}
    if this.check.command:
        container["command"] = list(this.check.command)
        container.pop("args", None)
    container["securityContext"] = {
        "readOnlyRootFilesystem": True,
        **container.get("securityContext", {}),
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    # Ours come first: Kubernetes expands $(NAME) from what stands before it.
    own = [{"name": name, "value": value} for name, value in this.variables.items()]
    container["env"] = own + [each for each in container.get("env", []) if each["name"] not in this.variables]
