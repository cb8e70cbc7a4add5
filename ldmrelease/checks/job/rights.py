"""What checks of kind `job` need of the namespace that they run in."""

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Conflict, Forbidden, Invalid, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of

_ON_JOBS = ("create", "get", "list", "watch", "delete")
_ON_PODS = ("list", "watch")


def job_rights(namespace: str) -> tuple[tuple[str, str, str], ...]:
    """The rights without which no result is seen or none is tidied up: verb, collection, and no name."""
    jobs, pods = path_of("Job", namespace), path_of("Pod", namespace)
    return (*((verb, jobs, "") for verb in _ON_JOBS), *((verb, pods, "") for verb in _ON_PODS))


def is_there(api: Api, namespace: str) -> bool:
    """Whether the namespace takes Jobs, by a dry run: to read it would be a right more. Raises `ClusterError`."""
    container = {"name": "none", "image": "none"}
    pod = {"restartPolicy": "Never", "containers": [container]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "ldmrelease-dry-run", "namespace": namespace},
        "spec": {"template": {"spec": pod}},
    }
    try:
        api.create(path_of("Job", namespace), job, dry_run=True)
    except ObjectNotFound:
        return False
    except (Conflict, Forbidden, Invalid):
        # A policy may turn down this Job, and admit those of checks.
        return True
    return True
