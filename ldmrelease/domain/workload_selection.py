"""What runs an application in a cluster: workloads, chosen by name, label or annotation (LDM-564 2.2)."""

from enum import StrEnum

from msgspec import Struct


class WorkloadKind(StrEnum):
    """The kinds of workload that are read. Jobs, and what KEDA makes Jobs of, are written through a tree alone.

    `CUSTOM` is any kind of custom resource (`CustomResource` says which).
    """

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    CRON_JOB = "CronJob"
    POD = "Pod"
    JOB = "Job"
    SCALED_JOB = "ScaledJob"
    CUSTOM = "custom resource"


READ_ONLY = frozenset({WorkloadKind.JOB, WorkloadKind.SCALED_JOB})
"""Kinds that are observed at their pods, and not written: a Job's template never changes."""

IN_CLUSTER = "in-cluster"
"""The context that stands for the service account of the pod that we run in."""


class ClusterAccess(Struct, frozen=True):
    """The way into a cluster: a context of a kubeconfig file, or `IN_CLUSTER`.

    `kubeconfig` is a file; None is where kubectl looks (`KUBECONFIG`, then `~/.kube/config`).
    """

    context: str
    kubeconfig: str | None = None


ARGO_CD_NAMESPACE = "argocd"
"""Where Argo CD runs, if nobody says something else."""


class ArgoCd(Struct, frozen=True):
    """Where the Applications of an environment are: `cluster` and `namespace` of Argo CD. `asked`: a promotion asks it
    for a sync. `stated`: the workspace says where it is, so that it has to answer."""

    cluster: ClusterAccess
    namespace: str = ARGO_CD_NAMESPACE
    asked: bool = False
    stated: bool = False


class CustomResource(Struct, frozen=True):
    """A kind that a cluster was taught, whose objects name images and whose controller makes pods.

    `images` has for each container of those pods the path of its image in the object
    (`spec.template.spec.containers[0].image`; `domain.value_paths`), `pods` the labels that all of them carry.
    """

    kind: str
    api_version: str
    images: dict[str, str]
    pods: dict[str, str]


class Selection(Struct, frozen=True):
    """Workloads of one kind, and which component each of their containers runs.

    Exactly one of `name`, `labels` (a label selector, such as `app=prompt`) and `annotation` (`key=value` or
    `key`) chooses. `containers` maps container names (init containers too) to component names. `custom` is there
    where `kind` is `CUSTOM`, chosen by name.
    """

    kind: WorkloadKind
    containers: dict[str, str]
    name: str | None = None
    labels: str | None = None
    annotation: str | None = None
    custom: CustomResource | None = None

    def __str__(self) -> str:
        kind = self.custom.kind if self.custom else self.kind
        return f"{kind}/{self.name or self.labels or self.annotation}"


class Workloads(Struct, frozen=True):
    """The workloads of an application in one namespace of a cluster.

    `deadline` is how long, in seconds, a rollout may take; `patience` is how long a pod may stay in trouble
    (no image, crashing, unschedulable) before the rollout counts as failed.
    """

    cluster: ClusterAccess
    namespace: str
    selections: tuple[Selection, ...]
    deadline: float = 600
    patience: float = 60

    @property
    def components(self) -> frozenset[str]:
        """The components that its containers run."""
        return frozenset(name for each in self.selections for name in each.containers.values())
