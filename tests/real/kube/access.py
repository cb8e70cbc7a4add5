"""Users with few rights: service accounts with a token and a kubeconfig of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.real.kube.api import Kube, Object


@dataclass(frozen=True, slots=True)
class Account:
    """A service account. `user` is its name in audit logs; `kubeconfig` has one context, `context`."""

    user: str
    token: str
    kubeconfig: Path
    context: str

    @property
    def api(self) -> Kube:
        return Kube(self.kubeconfig, self.context, agent=self.user)


def rule(verbs: str, resources: str, *, group: str = "", names: Sequence[str] = ()) -> Object:
    """An RBAC rule: `rule("get list patch", "deployments statefulsets", group="apps")`."""
    allowed: Object = {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [group]}
    return allowed | ({"resourceNames": list(names)} if names else {})


def service_account(
    admin: Kube,
    kubeconfig: Path,
    context: str,
    *,
    namespace: str,
    name: str,
    directory: Path,
    rules: Sequence[Object] = (),
    cluster_rules: Sequence[Object] = (),
    seconds: int = 3600,
) -> Account:
    """A new service account with these rights in its namespace and in the cluster, and a token of so many seconds.

    Its kubeconfig goes into `directory` and names the same cluster as `context` of `kubeconfig` does.
    """
    admin.create(_object("v1", "ServiceAccount", namespace, name))
    if rules:
        _allow(admin, "Role", namespace, name, rules, namespace)
    if cluster_rules:
        _allow(admin, "ClusterRole", "", f"{namespace}-{name}", cluster_rules, namespace, name)
    token = new_token(admin, namespace, name, seconds=seconds)
    file = directory / f"{context}-{name}.kubeconfig"
    file.write_text(yaml.safe_dump(with_token(kubeconfig, context, token)))
    return Account(f"system:serviceaccount:{namespace}:{name}", token, file, context)


def new_token(admin: Kube, namespace: str, name: str, *, seconds: int = 3600) -> str:
    """A token of a service account; the API server gives none under 600 seconds."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    answer = admin.request("POST", path, {"spec": {"expirationSeconds": seconds}})
    token: str = answer["status"]["token"]
    return token


def with_token(kubeconfig: Path, context: str, token: str) -> Object:
    """A kubeconfig with the context's cluster and this token as its user."""
    theirs = yaml.safe_load(kubeconfig.read_text())
    cluster = next(each["context"]["cluster"] for each in theirs["contexts"] if each["name"] == context)
    entry = next(each for each in theirs["clusters"] if each["name"] == cluster)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [entry],
        "users": [{"name": "account", "user": {"token": token}}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": "account"}}],
        "current-context": context,
    }


def _allow(
    admin: Kube, kind: str, namespace: str, name: str, rules: Sequence[Object], home: str, account: str = ""
) -> None:
    group = "rbac.authorization.k8s.io"
    # What is not in the namespace goes with it nevertheless.
    owned = {} if namespace else {"ownerReferences": [_owner(admin.get("Namespace", "", home))]}
    admin.create(_object(f"{group}/v1", kind, namespace, name, owned) | {"rules": list(rules)})
    admin.create(
        _object(f"{group}/v1", f"{kind}Binding", namespace, name, owned)
        | {
            "roleRef": {"apiGroup": group, "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "namespace": home, "name": account or name}],
        }
    )


def _object(version: str, kind: str, namespace: str, name: str, more: Object | None = None) -> Object:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {}) | (more or {})
    return {"apiVersion": version, "kind": kind, "metadata": meta}


def _owner(namespace: Object) -> Object:
    meta = namespace["metadata"]
    return {"apiVersion": "v1", "kind": "Namespace", "name": meta["name"], "uid": meta["uid"]}
