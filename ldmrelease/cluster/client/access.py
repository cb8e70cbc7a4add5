"""Ways into clusters: kubeconfig files, service accounts, and credentials that are made anew when they end.

The official client reads and interprets it all; what is ours is to say in words what is wrong, and to run
credential plugins so that their failure is heard of (the client logs it and goes on without credentials).
"""

from __future__ import annotations

import base64
import copy
import difflib
import os
import shlex
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from ldmrelease.cluster.client.errors import BadAccess, ClusterUnreachable
from ldmrelease.domain.workload_selection import IN_CLUSTER, ClusterAccess

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# A credential is recreated so long before it ends, that a request under way still finds it good.
_SKEW = timedelta(seconds=10)


class KubeconfigEntry(Struct, frozen=True):
    """A client with credentials. `whose` says in words whose they are; `expires` is when they end, if known;
    `token_file` and `stamp` are the file that the token came from, and its state then."""

    client: ApiClient
    whose: str
    expires: datetime | None = None
    token_file: Path | None = None
    stamp: tuple[int, int] | None = None

    @property
    def credential(self) -> str:
        """Whose credential it is, and that it ended if it did, for a person."""
        ended = _ended(self.client.configuration)
        return f"{self.whose}, which ended at {ended:%Y-%m-%dT%H:%M:%SZ}" if ended else self.whose

    @property
    def is_stale(self) -> bool:
        """Whether the credentials ended, or their file holds others now."""
        if self.expires is not None and datetime.now(UTC) >= self.expires - _SKEW:
            return True
        return self.token_file is not None and _stamp(self.token_file) not in (None, self.stamp)


class Connection:
    """Holds the client of a cluster, for any number of threads, and makes it anew with fresh credentials."""

    def __init__(self, enter: Callable[[], KubeconfigEntry]) -> None:
        self._enter = enter
        self._renewing = threading.Lock()
        self._entry = enter()

    def entry(self) -> KubeconfigEntry:
        """The client to use now. Raises BadAccess and ClusterUnreachable when new credentials cannot be had."""
        entry = self._entry
        return self.renewed(entry) if entry.is_stale else entry

    def renewed(self, used: KubeconfigEntry) -> KubeconfigEntry:
        """A client other than `used`, whose credentials the server did not take; errors as of `entry`."""
        with self._renewing:
            if self._entry is used:
                self._entry = self._enter()
            return self._entry


def connection(access: ClusterAccess) -> Connection:
    """The way into a cluster. Raises BadAccess for a wrong configuration or the missing extra, ClusterUnreachable for
    a credential plugin that fails.
    """
    try:
        import kubernetes  # noqa: F401, PLC0415 -- a third of a second, for those alone who use it
    except ImportError as error:
        reason = "Kubernetes needs the extra: pip install 'ldmrelease[kubernetes]'"
        raise BadAccess(access.context, reason) from error
    return Connection(lambda: _enter(access))


def _enter(access: ClusterAccess) -> KubeconfigEntry:
    try:
        if access.context == IN_CLUSTER:
            return _service_account()
        return _kubeconfig(access)
    except (BadAccess, ClusterUnreachable):
        raise
    except Exception as error:
        # What a file of another form makes the official client raise is of any kind.
        raise BadAccess(access.context, _words(error), f"check {_files_in_words(access)}") from error


def _service_account() -> KubeconfigEntry:
    from kubernetes.client import Configuration  # noqa: PLC0415
    from kubernetes.config.incluster_config import InClusterConfigLoader  # noqa: PLC0415

    token = SERVICE_ACCOUNT / "token"
    stamp = _stamp(token)
    configuration = Configuration()
    loader = InClusterConfigLoader(str(token), str(SERVICE_ACCOUNT / "ca.crt"), try_refresh_token=False)
    loader.load_and_set(configuration)
    return KubeconfigEntry(_client(configuration), "the pod's service account", None, token, stamp)


def _kubeconfig(access: ClusterAccess) -> KubeconfigEntry:
    from kubernetes.client import Configuration  # noqa: PLC0415
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger  # noqa: PLC0415

    merger = KubeConfigMerger(_readable(access))
    merged = copy.deepcopy(merger.config)
    user_name, user = _user(access, merged)
    token_file = _token_file(user)
    stamp = _stamp(token_file) if token_file else None
    whose = f"user {user_name!r} of {_files_in_words(access)}" if user_name else "no user (anonymous)"
    expires = None
    if (
        user is not None
        and "exec" in user.value
        and not {"token", "tokenFile", "auth-provider"} & set(user.value)
    ):
        whose += f" (command {_command(user.value['exec'])!r})"
        expires = _run_plugin(access, merged, user, whose)
    configuration = Configuration()
    loader = KubeConfigLoader(config_dict=merged, active_context=access.context, config_base_path=None)
    loader.load_and_set(configuration)
    return KubeconfigEntry(_client(configuration), whose, expires, token_file, stamp)


def _readable(access: ClusterAccess) -> str:
    """The files that there are, as the official client takes them: with the path separator between them."""
    files = _files(access)
    found = [file for file in files if Path(file).expanduser().is_file()]
    if not found:
        hint = "give the file's path, or set KUBECONFIG"
        raise BadAccess(access.context, f"there is no kubeconfig file {' or '.join(files)}", hint)
    return os.pathsep.join(found)


def _files(access: ClusterAccess) -> list[str]:
    if access.kubeconfig is not None:
        return [access.kubeconfig]
    told = [file for file in os.environ.get("KUBECONFIG", "").split(os.pathsep) if file]
    return told or ["~/.kube/config"]


def _files_in_words(access: ClusterAccess) -> str:
    if access.context == IN_CLUSTER:
        return f"the service account in {SERVICE_ACCOUNT} and KUBERNETES_SERVICE_HOST"
    return " and ".join(_files(access))


def _user(access: ClusterAccess, merged: Any) -> tuple[str | None, Any]:
    """The name and the node of the context's user; BadAccess where the context or what it names is not there."""
    contexts = {each["name"]: each.safe_get("context") or {} for each in _named(merged, "contexts")}
    if access.context not in contexts:
        there = _nearest(access.context, contexts)
        hint = f"there are: {', '.join(there)}; name one of them" if there else "it has no contexts at all"
        raise BadAccess(access.context, f"{_files_in_words(access)} has no such context", hint)
    context = contexts[access.context]
    clusters = [each["name"] for each in _named(merged, "clusters")]
    users = [each["name"] for each in _named(merged, "users")]
    user_name = context.get("user") or None
    for what, name, known in (("cluster", context.get("cluster"), clusters), ("user", user_name, users)):
        if name not in known and (name is not None or what == "cluster"):
            hint = f"there are: {', '.join(_nearest(str(name), known)) or 'none'}"
            reason = f"the context names the {what} {name!r}, which {_files_in_words(access)} does not have"
            raise BadAccess(access.context, reason, hint)
    return user_name, merged["users"].get_with_name(user_name)["user"] if user_name else None


def _named(merged: Any, section: str) -> list[Any]:
    return [each for each in merged.value.get(section) or [] if "name" in each]


def _nearest(name: str, there: Any) -> list[str]:
    return difflib.get_close_matches(name, [str(each) for each in there], n=max(len(there), 1), cutoff=0.0)


def _run_plugin(access: ClusterAccess, merged: Any, user: Any, whose: str) -> datetime | None:
    """Put what the credential plugin answers in its place; when that ends, if it says so.

    Source: client.authentication.k8s.io/v1, ExecCredential.
    """
    from kubernetes.config import ConfigException  # noqa: PLC0415
    from kubernetes.config.dateutil import parse_rfc3339  # noqa: PLC0415
    from kubernetes.config.exec_provider import ExecProvider  # noqa: PLC0415

    context = merged["contexts"].get_with_name(access.context)["context"]
    cluster = merged["clusters"].get_with_name(context["cluster"])["cluster"]
    folder = str(Path(user.path).resolve().parent) if user.path else ""
    try:
        status = ExecProvider(user["exec"], folder, cluster).run()
        given = {
            "token": status.get("token"),
            "client-certificate-data": _encoded(status.get("clientCertificateData")),
            "client-key-data": _encoded(status.get("clientKeyData")),
        }
        ends = status.get("expirationTimestamp")
        expires: datetime | None = parse_rfc3339(ends) if ends else None
    except (ConfigException, OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        reason = f"the credential of {whose} could not be had: {_words(error)}"
        raise ClusterUnreachable(access.context, reason, lasting=True) from error
    if not any(given.values()):
        reason = f"the credential of {whose} could not be had: neither a token nor a certificate was given"
        raise ClusterUnreachable(access.context, reason, lasting=True)
    del user.value["exec"]
    user.value.update({key: value for key, value in given.items() if value})
    return expires


def _encoded(pem: str | None) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None


def _command(plugin: Any) -> str:
    return shlex.join(str(part) for part in [plugin.get("command"), *(plugin.get("args") or [])])


def _token_file(user: Any) -> Path | None:
    if user is None or "token" in user.value or "tokenFile" not in user.value:
        return None
    return Path(user.path or "").resolve().parent / str(user.value["tokenFile"])


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _client(configuration: Configuration) -> ApiClient:
    from kubernetes.client import ApiClient  # noqa: PLC0415

    # Requests are repeated by us, who know which may be; and a changed token file is seen by us.
    configuration.retries = False
    configuration.refresh_api_key_hook = None
    configuration.keep_alive = True
    token = configuration.api_key.get("BearerToken")
    if token is not None:
        # Files end with a newline, which no header may have.
        configuration.api_key["BearerToken"] = token.strip()
    return ApiClient(configuration)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _ended(configuration: Configuration) -> datetime | None:
    """When the token or certificate ended, if it did and says so."""
    ends = _end_of_token(configuration.api_key.get("BearerToken", ""))
    if ends is None and configuration.cert_file:
        ends = _end_of_certificate(Path(configuration.cert_file))
    return ends if ends is not None and ends <= datetime.now(UTC) else None


def _end_of_token(token: str) -> datetime | None:
    """The `exp` of a JSON web token (RFC 7519); other tokens do not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=="), type=_Claims)
    except ValueError:
        return None
    return datetime.fromtimestamp(claims.exp, UTC) if claims.exp else None


class _Claims(msgspec.Struct):
    exp: float = 0


def _end_of_certificate(file: Path) -> datetime | None:
    from cryptography import x509  # noqa: PLC0415 -- read for an error alone

    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
