"""The API of a cluster as tests use it: plain dicts over HTTP, apart from the client under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

Object = dict[str, Any]

_GROUPS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "ControllerRevision": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
}
_CLUSTERED = frozenset(
    {
        "Namespace",
        "Node",
        "PersistentVolume",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
    }
)


class Refused(Exception):
    """The API server's answer was no: `code` is the HTTP status, `status` the Status object."""

    def __init__(self, code: int, status: Object) -> None:
        super().__init__(f"{code} {status.get('reason')}: {status.get('message')}")
        self.code, self.status = code, status


class Kube:
    """One user's way into one cluster: a context of a kubeconfig."""

    def __init__(self, kubeconfig: Path, context: str, *, agent: str = "tests") -> None:
        from kubernetes import config  # noqa: PLC0415  # a third of a second that other tests need not pay

        self._client = config.new_client_from_config(str(kubeconfig), context, persist_config=False)
        self._client.default_headers["User-Agent"] = agent
        self._server = self._client.configuration.host

    def request(
        self,
        method: str,
        path: str,
        body: Object | list[Object] | None = None,
        /,
        *,
        content_type: str = "application/json",
        **query: str,
    ) -> Object:
        """The answer to one request; raises Refused."""
        response = self._send(method, path, body, content_type, query)
        answer: Object = json.loads(response.data or b"{}")
        if response.status >= 300:
            raise Refused(response.status, answer)
        return answer

    def get(self, kind: str, namespace: str, name: str) -> Object:
        return self.request("GET", path_of(kind, namespace, name))

    def list(self, kind: str, namespace: str, **query: str) -> list[Object]:
        """`query` are the API's own: labelSelector, fieldSelector, ..."""
        items: list[Object] = self.request("GET", path_of(kind, namespace), **query)["items"]
        return items

    def create(self, manifest: Object) -> Object:
        """Create the object in the namespace that its metadata names."""
        namespace = manifest["metadata"].get("namespace", "")
        return self.request("POST", path_of(manifest["kind"], namespace), manifest)

    def replace(self, manifest: Object) -> Object:
        return self.request("PUT", _path_to(manifest), manifest)

    def apply(self, manifest: Object, manager: str, *, force: bool = False) -> Object:
        """Server-side apply as this field manager."""
        flag = str(force).lower()
        kind = "application/apply-patch+yaml"
        return self.request(
            "PATCH", _path_to(manifest), manifest, content_type=kind, fieldManager=manager, force=flag
        )

    def patch(self, kind: str, namespace: str, name: str, change: Object, manager: str = "tests") -> Object:
        """A merge patch: lists are replaced whole."""
        merge = "application/merge-patch+json"
        return self.request(
            "PATCH", path_of(kind, namespace, name), change, content_type=merge, fieldManager=manager
        )

    def set_image(
        self, kind: str, namespace: str, name: str, container: str, image: str, manager: str = "kubectl-set"
    ) -> Object:
        """What somebody's `kubectl set image` does, by its field manager."""
        pod = {"spec": {"containers": [{"name": container, "image": image}]}}
        change = {"spec": {"template": pod}} if kind != "CronJob" else _in_job({"template": pod})
        strategic = "application/strategic-merge-patch+json"
        return self.request(
            "PATCH",
            path_of(kind, namespace, name),
            pod if kind == "Pod" else change,
            content_type=strategic,
            fieldManager=manager,
        )

    def set_status(self, manifest: Object) -> Object:
        """Write an object's status, as its controller would."""
        return self.request("PUT", f"{_path_to(manifest)}/status", manifest)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        self.request("DELETE", path_of(kind, namespace, name), propagationPolicy="Background")

    def watch(
        self, kind: str, namespace: str, *, seconds: int = 60, **query: str
    ) -> Iterator[tuple[str, Object]]:
        """What is there now (as ADDED), then every change, for so many seconds; raises Refused."""
        now = self.request("GET", path_of(kind, namespace), **query)
        for item in now["items"]:
            yield "ADDED", {"kind": kind} | item
        yield from self._changes(kind, namespace, now["metadata"]["resourceVersion"], seconds, query)

    def until(
        self, kind: str, namespace: str, name: str, true: Callable[[Object], bool], *, seconds: int = 60
    ) -> Object:
        """The object once `true` says so of it; raises TimeoutError with its last status."""
        last: Object = {}
        for event, last in self.watch(
            kind, namespace, seconds=seconds, fieldSelector=f"metadata.name={name}"
        ):
            if event != "DELETED" and true(last):
                return last
        raise TimeoutError(
            f"{kind}/{name} did not come to it in {seconds} s: {json.dumps(last.get('status'))}"
        )

    def gone(self, kind: str, namespace: str, name: str, *, seconds: int = 60) -> None:
        """Return when there is no such object; raises TimeoutError."""
        selected = {"fieldSelector": f"metadata.name={name}"}
        now = self.request("GET", path_of(kind, namespace), **selected)
        if not now["items"]:
            return
        changes = self._changes(kind, namespace, now["metadata"]["resourceVersion"], seconds, selected)
        if not any(event == "DELETED" for event, _ in changes):
            raise TimeoutError(f"{kind}/{name} is still there after {seconds} s")

    def _changes(
        self, kind: str, namespace: str, version: str, seconds: int, query: Mapping[str, str]
    ) -> Iterator[tuple[str, Object]]:
        # From a version, never "from now": behind an etcd before 3.4.31 that waits for the next write in the
        # cluster, and is refused after three seconds ("Too large resource version").
        since = {"watch": "1", "resourceVersion": version, "timeoutSeconds": str(seconds)}
        response = self._send("GET", path_of(kind, namespace), None, "application/json", {**query, **since})
        try:
            for line in _lines(response.stream(65536)):
                event = json.loads(line)
                if response.status >= 300 or event["type"] == "ERROR":
                    raise Refused(response.status, event.get("object", event))
                yield event["type"], event["object"]
        finally:
            response.close()

    def _send(self, method: str, path: str, body: Any, content_type: str, query: Mapping[str, str]) -> Any:
        headers = dict(self._client.default_headers) | {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        url = f"{self._server}{path}?{urlencode(query)}" if query else f"{self._server}{path}"
        return self._client.rest_client.pool_manager.request(
            method,
            url,
            body=None if body is None else json.dumps(body),
            headers=headers,
            preload_content="watch" not in query,
            retries=False,
        )


def path_of(kind: str, namespace: str, name: str | None = None) -> str:
    """The API path of a collection, or of the object with this name."""
    group = _GROUPS.get(kind)
    base = f"/apis/{group}" if group else "/api/v1"
    place = "" if kind in _CLUSTERED or not namespace else f"/namespaces/{quote(namespace)}"
    plural = kind.lower() + "s"
    return f"{base}{place}/{plural}" + (f"/{quote(name)}" if name else "")


def _path_to(manifest: Object) -> str:
    meta = manifest["metadata"]
    return path_of(manifest["kind"], meta.get("namespace", ""), meta["name"])


def _in_job(spec: Object) -> Object:
    return {"spec": {"jobTemplate": {"spec": spec}}}


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
