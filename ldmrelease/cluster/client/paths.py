"""Where objects are in the API: paths from kinds, and what a path is about."""

from urllib.parse import quote

from msgspec import Struct

_CORE = "v1"

# kind -> (API version, plural, whether its objects are in namespaces)
_RESOURCES: dict[str, tuple[str, str, bool]] = {
    "ConfigMap": (_CORE, "configmaps", True),
    "Event": (_CORE, "events", True),
    "LimitRange": (_CORE, "limitranges", True),
    "Namespace": (_CORE, "namespaces", False),
    "Node": (_CORE, "nodes", False),
    "PersistentVolumeClaim": (_CORE, "persistentvolumeclaims", True),
    "Pod": (_CORE, "pods", True),
    "ResourceQuota": (_CORE, "resourcequotas", True),
    "Secret": (_CORE, "secrets", True),
    "Service": (_CORE, "services", True),
    "ServiceAccount": (_CORE, "serviceaccounts", True),
    "ControllerRevision": ("apps/v1", "controllerrevisions", True),
    "DaemonSet": ("apps/v1", "daemonsets", True),
    "Deployment": ("apps/v1", "deployments", True),
    "ReplicaSet": ("apps/v1", "replicasets", True),
    "StatefulSet": ("apps/v1", "statefulsets", True),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers", True),
    "CronJob": ("batch/v1", "cronjobs", True),
    "Job": ("batch/v1", "jobs", True),
    "ScaledJob": ("keda.sh/v1alpha1", "scaledjobs", True),
    "Lease": ("coordination.k8s.io/v1", "leases", True),
    "Ingress": ("networking.k8s.io/v1", "ingresses", True),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", True),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", True),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "SelfSubjectAccessReview": ("authorization.k8s.io/v1", "selfsubjectaccessreviews", False),
    "MutatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        False,
    ),
    "ValidatingAdmissionPolicy": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", False),
    "ValidatingAdmissionPolicyBinding": (
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicybindings",
        False,
    ),
    "ValidatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        False,
    ),
}


class ApiResource(Struct, frozen=True):
    """What a path is about. `group` is "" for the core, `resource` the plural, with `/` and the subresource."""

    group: str
    resource: str
    namespace: str | None
    name: str | None


def path_of(kind: str, namespace: str | None = None, name: str | None = None) -> str:
    """The path of an object, or without a name of its collection.

    Kinds in namespaces without a namespace: the collection over all namespaces. Raises KeyError for a kind
    that is not known here (`Api.path_for` asks the server).
    """
    version, plural, namespaced = _RESOURCES[kind]
    return join(version, plural, namespace if namespaced else None, name)


def object_in(collection: str, name: str) -> str:
    """The path of an object of a collection."""
    return f"{collection}/{quote(name, safe='')}"


def api_version_of(kind: str) -> str:
    """The `apiVersion` of a kind; raises KeyError as `path_of`."""
    return _RESOURCES[kind][0]


def join(api_version: str, plural: str, namespace: str | None, name: str | None) -> str:
    """The path of a resource by its API version (`v1`, `apps/v1`) and plural."""
    parts = ["api" if "/" not in api_version else "apis", *api_version.split("/")]
    if namespace is not None:
        parts += ["namespaces", namespace]
    parts.append(plural)
    if name is not None:
        parts.append(name)
    return "/" + "/".join(quote(part, safe="") for part in parts)


def describe(path: str) -> ApiResource:
    """Read a path back, as the API server's authorization does."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (_at(parts, 1) or "", parts[3:])
    namespace = None
    if _at(rest, 0) == "namespaces" and len(rest) >= 2:
        # A namespace itself is in the namespace that it is.
        namespace = rest[1]
        rest = rest[2:] or rest
    resource, name, sub = _at(rest, 0) or path, _at(rest, 1), _at(rest, 2)
    return ApiResource(group, f"{resource}/{sub}" if sub else resource, namespace, name)


def _at(parts: list[str], index: int) -> str | None:
    return parts[index] if index < len(parts) else None
