"""What an API server refused, or why nobody could be reached (Kubernetes API conventions, "Response Status").

`where` is the cluster's context, `reason` what to tell a person.
"""

from ldmrelease.domain.errors import InputError, UnavailableError


class BadAccess(InputError, UnavailableError):
    """The configured way into a cluster does not lead to one: no such file, context, cluster or user.

    A user's mistake. `hint` says what there is instead.
    """

    def __init__(self, where: str, reason: str, hint: str = "") -> None:
        self.where = where
        self.reason = reason
        self.hint = hint
        super().__init__(f"{where}: {reason}" + (f"; {hint}" if hint else ""))


class ClusterError(UnavailableError):
    """Why a request to an API server did not do what it was to do."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"{where}: {reason}")


class ClusterUnreachable(ClusterError):
    """Nobody could be reached: no connection, no accepted credentials (401), or a server that cannot answer now.

    `maybe_done` is true for a write that was sent and whose answer is not known: read before it is repeated.
    `retry_after` is how many seconds the server asked to wait, if it did. `lasting` is true where waiting does
    not help: somebody has to bring other credentials.
    """

    def __init__(
        self,
        where: str,
        reason: str,
        *,
        maybe_done: bool = False,
        retry_after: float | None = None,
        lasting: bool = False,
    ) -> None:
        self.maybe_done = maybe_done
        self.retry_after = retry_after
        self.lasting = lasting
        self.passes = not lasting
        super().__init__(where, reason)


class Forbidden(ClusterError):
    """The API server knows who we are and does not let us (403), or a quota or an admission rule does not.

    `verb` is the right that is wanted (get, list, watch, create, update, patch, delete), `resource` the plural
    with its subresource (`pods/log`), `group` the API group ("" is the core), `namespace` None for what is
    in none; `message` is the server's.
    """

    def __init__(
        self, where: str, verb: str, resource: str, group: str, namespace: str | None, message: str
    ) -> None:
        self.verb = verb
        self.resource = resource
        self.group = group
        self.namespace = namespace
        self.message = message
        super().__init__(where, message)


class ObjectNotFound(ClusterError):
    """There is no such object, namespace or kind (404)."""


class Conflict(ClusterError):
    """The object is there already, is not the one that was read any more, or has a field of another manager (409).

    `managers` are the field managers that server-side apply named, empty for the other two.
    """

    def __init__(self, where: str, reason: str, managers: tuple[str, ...] = ()) -> None:
        self.managers = managers
        super().__init__(where, reason)


class Invalid(ClusterError):
    """The API server does not take what was sent (400, 422, and other answers to a wrong request)."""


class Expired(ClusterError):
    """The version or the page that was asked for is too old (410): list anew.

    `token` continues the list with what there is now, where the server gave one.
    """

    def __init__(self, where: str, reason: str, token: str | None = None) -> None:
        self.token = token
        super().__init__(where, reason)
