"""Each right that `manifests/` grants, taken away: what then cannot be done is said, by verb and resource."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.real.kube import rights
from tests.real.kube.access import new_token, with_token
from tests.real.kube.api import Kube, Object
from tests.real.kube.cluster import Own
from tests.real.kube.images import Pushed, push_image
from tests.real.kube.objects import container, cron_job, daemon_set, deployment, pod_spec, stateful_set
from tests.real.kube.promoter import Namespaces, documents
from tests.real.kube.rights import Right
from tests.real.kube.stand import application, make_stand

pytestmark = pytest.mark.real

_RIGHTS = sorted(rights.granted(documents("rbac.yaml")))
# Whose rights are not a Deployment's.
_KIND = {
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "controllerrevisions": "DaemonSet",
    "cronjobs": "CronJob",
    "jobs": "CronJob",
}
_MAKE: dict[str, Callable[..., Object]] = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
    "CronJob": cron_job,
}


def _kind(right: Right) -> str:
    """The kind of workload that the right is missed for."""
    if right.namespace != "prompt":
        return "Deployment"
    if (right.verb, right.resource) == ("delete", "pods"):
        return "StatefulSet"
    return _KIND.get(right.resource, "Deployment")


def _only_explains(right: Right) -> bool:
    """Whether a promotion that goes well does without it: it is for what went wrong, or only says more."""
    return right.resource in ("events", "pods/log")


@pytest.fixture(scope="module")
def images(own_cluster: Own) -> tuple[str, Pushed, Pushed]:
    """A registry's folder with the service in it, and its images 1.0.0 and 1.1.0."""
    folder = f"{own_cluster.registry.address}/rights-{secrets.token_hex(4)}"
    path = f"{folder.partition('/')[2]}/service"
    before, good = (push_image(own_cluster.registry, path, tag, seed=tag) for tag in ("1.0.0", "1.1.0"))
    return folder, before, good


@pytest.fixture
def names(kube: Kube, make_namespace: Callable[[Kube], str]) -> Iterator[Namespaces]:
    """Namespaces of this test's own; the promoter's account is in the application's."""
    stand = make_namespace(kube)
    names = Namespaces(stand, stand, make_namespace(kube))
    kube.create(_account(names.checks, "ldmrelease-check"))
    kube.create(_account(stand, "ldmrelease"))
    yield names
    for kind in ("RoleBinding", "Role"):
        kube.delete(kind, "kube-system", f"ldmrelease-cluster-uid-{stand}")


def _name(right: Right) -> str:
    return "-".join(filter(None, right)).replace("/", "-")


@pytest.mark.parametrize("right", _RIGHTS, ids=_name)
def test_a_right_that_is_missing_is_named(
    right: Right,
    images: tuple[str, Pushed, Pushed],
    names: Namespaces,
    kube: Kube,
    own_cluster: Own,
    tmp_path: Path,
) -> None:
    folder, before, _ = images
    kind = _kind(right)
    kube.create(_MAKE[kind](names.application, kind.lower(), pod_spec([container("main", before.by_digest)])))
    for manifest in documents("rbac.yaml"):
        if manifest["kind"] in ("Role", "RoleBinding"):
            kube.create(names.renamed(_without(manifest, right)))
    # Where no check is confirmed, a right of checks would not be missed; where one is, it takes longer.
    level = "development" if right.namespace == "ldmrelease-checks" else "jupyterlab"
    places = {"prompt": application(names.application, [kind])}
    reached = {
        "context": own_cluster.context,
        "kubeconfig": str(_kubeconfig(kube, own_cluster, names.home, tmp_path)),
    }
    site = make_stand(tmp_path / "stand", folder, places, reached, checks=names.checks, level=level)

    done = site.run("promote", "1.1.0", "--target", "stand/prompt", "--yes")

    told = done.stdout + done.stderr
    assert "Traceback" not in told
    if _only_explains(right):
        assert done.exit_code == 0, told
    else:
        assert done.exit_code in (1, 2, 3), told
        assert right.verb in told, told
        assert right.resource in told, told


def _without(role: Object, right: Right) -> Object:
    """The Role without one right; anything else as it is."""
    kept = []
    for rule in role.get("rules", ()):
        for one in rights.of(rule, role) - {right}:
            names = {"resourceNames": [one.name]} if one.name else {}
            kept.append({"verbs": [one.verb], "resources": [one.resource], "apiGroups": [one.group], **names})
    return role | {"rules": kept} if "rules" in role else role


def _account(namespace: str, name: str) -> Object:
    meta = {"namespace": namespace, "name": name}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


def _kubeconfig(kube: Kube, cluster: Own, namespace: str, folder: Path) -> Path:
    file = folder / "kubeconfig"
    token = new_token(kube, namespace, "ldmrelease")
    file.write_text(yaml.safe_dump(with_token(cluster.kubeconfig, cluster.context, token)))
    return file
