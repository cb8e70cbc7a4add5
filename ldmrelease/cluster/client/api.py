"""An API server, asked and told in plain JSON objects (Kubernetes API concepts; server-side apply)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ldmrelease.cluster.client.access import connection
from ldmrelease.cluster.client.call import ApiCall
from ldmrelease.cluster.client.errors import ClusterUnreachable, Expired, ObjectNotFound
from ldmrelease.cluster.client.paths import join, path_of
from ldmrelease.domain.workload_selection import ClusterAccess

if TYPE_CHECKING:
    from ldmrelease.cluster.client.transport import ApiTransport

PAGE = 500
_FRESH_STARTS = 3
_LOG_BYTES = 64 * 1024
# The server sends a bookmark each minute: so long without one, the connection is dead.
_LONGEST_SILENCE = 90.0

Object = dict[str, Any]
# `Api.list` hides the type of that name inside its class.
Objects = list[Object]
Observer = Callable[[str, str], None]
"""Told "before" and the request (`PATCH /api/...`) of all that changes something, and "after" if it was done."""


class Listing(Struct, frozen=True):
    """The objects of a collection, as they were at `version` (a resource version, to watch from)."""

    items: Objects
    version: str


def open_api(access: ClusterAccess, *, observer: Observer | None = None, patience: float = 10.0) -> Api:
    """Connect to a cluster; nothing is asked of it yet.

    access: its context, and the kubeconfig file if it is not where kubectl looks.
    observer: told of every request that changes something.
    patience: for how many seconds one request is tried again while the server cannot be reached or asks to
        wait.

    Raises BadAccess for a wrong configuration, ClusterUnreachable for a credential plugin that fails.
    """
    # Every command that opens the workspace imports this module; few open a cluster.
    from ldmrelease.cluster.client.transport import ApiTransport  # noqa: PLC0415

    return Api(ApiTransport(connection(access), access.context, patience), observer)


class Api:
    """Everything that is asked of an API server and told it, from any number of threads.

    Each call waits 5 s for a connection and 30 s for bytes. All raise the errors of `ldmrelease.cluster.client.errors`:
    ClusterUnreachable, Forbidden, ObjectNotFound, Conflict, Invalid.
    """

    def __init__(self, transport: ApiTransport, observer: Observer | None = None) -> None:
        self._transport = transport
        self._observer = observer
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    @property
    def where(self) -> str:
        """The cluster's context."""
        return self._transport.where

    def get(self, path: str) -> Object:
        """An object."""
        return self._read(ApiCall("GET", path, is_read=True, verb="get"))

    def list(
        self,
        path: str,
        *,
        labels: str | None = None,
        fields: str | None = None,
        keep: Callable[[Object], Object] | None = None,
    ) -> Listing:
        """A whole collection, at one version.

        labels, fields: selectors. keep: what is kept of each object, so that a large collection takes less
        memory.
        """
        for _ in range(_FRESH_STARTS):
            try:
                return self._listing(path, labels, fields, keep, PAGE)
            except Expired:
                # The version of the first page is gone: only a fresh list is of one version again.
                continue
        return self._listing(path, labels, fields, keep, None)

    def pages(self, path: str, *, labels: str | None = None, fields: str | None = None) -> Iterator[Objects]:
        """A collection in pages of 500, one at a time in memory.

        Where the first page's version is gone in the middle, the rest is as it is now.
        """
        token: str | None = ""
        while token is not None:
            try:
                page = self._page(path, labels, fields, token, PAGE)
            except Expired as error:
                if not error.token or error.token == token:
                    raise
                token = error.token
                continue
            yield page["items"]
            token = _token(page)

    def apply(
        self, path: str, body: Object, *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Object:
        """Apply the fields in `body` as `manager` (server-side apply), and the object as it is then.

        A `resourceVersion` or `uid` in the body's metadata must be that of the object, else Conflict; so is a
        field of another manager, unless `force`. Without a `uid` an object that is gone is recreated, whatever
        the `resourceVersion` says.
        """
        query = (
            ("fieldManager", manager),
            ("force", "true" if force else "false"),
            ("fieldValidation", "Strict"),
        )
        if dry_run:
            return self._read(ApiCall("PATCH", path, (*query, ("dryRun", "All")), body, verb="patch"))
        return self._write(ApiCall("PATCH", path, query, body))

    def patch(self, path: str, operations: Objects, *, manager: str) -> Object:
        """Change an object by JSON Patch (RFC 6902) as `manager`, and the object as it is then; Conflict where a
        `test` among the operations fails, or a path is not there."""
        query = (("fieldManager", manager), ("fieldValidation", "Strict"))
        return self._write(ApiCall("PATCH", path, query, operations))

    def create(self, path: str, body: Object, *, dry_run: bool = False) -> Object:
        """Create an object in the collection at `path`, or try out whether it would be; Conflict where it is
        there already."""
        if dry_run:
            return self._read(ApiCall("POST", path, (("dryRun", "All"),), body, verb="create"))
        return self._write(ApiCall("POST", path, body=body))

    def replace(self, path: str, body: Object) -> Object:
        """Replace an object; Conflict where the body's `resourceVersion` is not that of the object."""
        return self._write(ApiCall("PUT", path, body=body))

    def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        version: str | None = None,
        propagation: str = "Background",
    ) -> None:
        """Delete an object; Conflict where it is not of this uid or resource version."""
        conditions = {"uid": uid, "resourceVersion": version}
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        body["preconditions"] = {key: value for key, value in conditions.items() if value is not None}
        self._write(ApiCall("DELETE", path, body=body))

    def allowed(
        self,
        verb: str,
        resource: str,
        namespace: str | None,
        group: str = "",
        subresource: str = "",
        name: str = "",
    ) -> bool:
        """Whether we may do this (SelfSubjectAccessReview). `resource` is the plural; `name` is one object's,
        which a role may be limited to."""
        attributes = {
            "verb": verb,
            "resource": resource,
            "group": group,
            "subresource": subresource,
            "namespace": namespace or "",
            "name": name,
        }
        kind = "SelfSubjectAccessReview"
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": kind,
            "spec": {"resourceAttributes": attributes},
        }
        answer = self._read(ApiCall("POST", path_of(kind), body=body, is_read=True))
        return bool((answer.get("status") or {}).get("allowed", False))

    def log(self, namespace: str, pod: str, container: str, lines: int = 20, previous: bool = False) -> str:
        """The last lines that a container wrote, 64 KiB at most; of the one before its restart if `previous`.

        Raises Invalid while there is none: the container has not started, or not restarted.
        """
        query = (
            ("container", container),
            ("tailLines", str(lines)),
            ("limitBytes", str(_LOG_BYTES)),
            ("previous", "true" if previous else "false"),
        )
        path = f"{path_of('Pod', namespace, pod)}/log"
        call = ApiCall("GET", path, query, is_read=True, verb="get")
        return self._transport.fetch(call).decode(errors="replace")

    def cluster_uid(self) -> str:
        """What names the cluster itself: the UID of its namespace `kube-system`."""
        return str(self.get(path_of("Namespace", name="kube-system"))["metadata"]["uid"])

    def path_for(self, manifest: Object, namespace: str | None) -> str:
        """The path of a manifest's object, of any kind that the server has; ObjectNotFound for a kind it has not.

        `namespace` is for manifests that name none.
        """
        version, kind = str(manifest.get("apiVersion")), str(manifest.get("kind"))
        plural, namespaced = self._plural(version, kind)
        metadata = manifest.get("metadata") or {}
        own = metadata.get("namespace") or namespace
        return join(version, plural, own if namespaced else None, metadata.get("name"))

    def stream(
        self,
        path: str,
        version: str,
        labels: str | None = None,
        fields: str | None = None,
        seconds: float = 300.0,
    ) -> Events:
        """The changes of a collection since `version`, for as long as the server goes on, at most `seconds`."""
        query = (
            *_selectors(labels, fields),
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(max(1, int(seconds)))),
        )
        call = ApiCall("GET", path, query, is_read=True, verb="watch")
        return Events(self._transport, call)

    def impatient(self) -> Api:
        """The same, without trying again: for who waits in its own ways."""
        other = Api(self._transport.impatient(), self._observer)
        other._plurals = self._plurals
        return other

    def _listing(
        self,
        path: str,
        labels: str | None,
        fields: str | None,
        keep: Callable[[Object], Object] | None,
        limit: int | None,
    ) -> Listing:
        items: Objects = []
        version, token = "", ""
        while True:
            page = self._page(path, labels, fields, token, limit)
            version = version or page["metadata"].get("resourceVersion", "")
            items += map(keep, page["items"]) if keep else page["items"]
            following = _token(page)
            if following is None:
                return Listing(items, version)
            token = following

    def _page(
        self, path: str, labels: str | None, fields: str | None, token: str, limit: int | None
    ) -> Object:
        query = _selectors(labels, fields)
        if limit is not None:
            query += (("limit", str(limit)),)
        if token:
            query += (("continue", token),)
        page = self._read(ApiCall("GET", path, query, is_read=True, verb="list"))
        if not isinstance(page.get("metadata"), dict) or "items" not in page:
            raise ClusterUnreachable(
                self.where, f"GET {path} was answered with what is not a list: is it an API server?"
            )
        kind, version = str(page.get("kind", "")).removesuffix("List"), page.get("apiVersion")
        page["items"] = page["items"] or []
        for item in page["items"]:
            # In a list the objects do not say what they are; what reads them later shall not have to care.
            item.setdefault("kind", kind)
            item.setdefault("apiVersion", version)
        return page

    def _plural(self, version: str, kind: str) -> tuple[str, bool]:
        try:
            if (version, kind) not in self._plurals:
                self._discover(version)
            return self._plurals[version, kind]
        except (ObjectNotFound, KeyError):
            raise ObjectNotFound(self.where, f"the cluster has no kind {kind} of {version}") from None

    def _discover(self, version: str) -> None:
        found = self.get(join(version, "", None, None).rstrip("/"))
        for each in found.get("resources") or ():
            if "/" not in each["name"]:
                self._plurals[version, each["kind"]] = (each["name"], bool(each["namespaced"]))

    def _read(self, call: ApiCall) -> Object:
        return self._transport.decode(call, self._transport.fetch(call))

    def _write(self, call: ApiCall) -> Object:
        if self._observer is not None:
            self._observer("before", call.name)
        content = self._transport.fetch(call)
        if self._observer is not None:
            self._observer("after", call.name)
        return self._transport.decode(call, content)


class Events:
    """The events of a watch: an iterator of `{"type", "object"}`, that another thread may close.

    Raises Expired for a version that is too old (as an answer or as an event), ClusterUnreachable when it is cut.
    """

    def __init__(self, transport: ApiTransport, call: ApiCall) -> None:
        self._transport = transport
        self._call = call
        self._stream = transport.stream(call, _LONGEST_SILENCE)

    def __iter__(self) -> Iterator[Object]:
        for line in self._stream:
            if not line.strip():
                continue
            event = self._transport.decode(self._call, line)
            if event.get("type") == "ERROR":
                raise self._transport.failure(self._call, event.get("object"))
            yield event

    def close(self) -> None:
        """End it; a thread that waits for the next event goes on at once."""
        self._stream.close()


def _selectors(labels: str | None, fields: str | None) -> tuple[tuple[str, str], ...]:
    told = (("labelSelector", labels), ("fieldSelector", fields))
    return tuple((name, value) for name, value in told if value)


def _token(page: Object) -> str | None:
    return page["metadata"].get("continue") or None
