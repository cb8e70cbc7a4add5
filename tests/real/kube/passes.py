"""The promoter's account at a place, and its passes: tokens that end when a test says so.

Each is bound to a Secret of its own. When the Secret is deleted the API server takes the token no more, as if it
had ended by itself; only sooner than the ten minutes that it lives at least.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.real.engine import ROOT
from tests.real.kube import login
from tests.real.kube.api import Kube, Object, Refused, path_of
from tests.real.kube.given import Cluster
from tests.real.kube.pair import PLACES, Pair
from tests.real.kube.promoter import Namespaces, documents
from tests.real.kube.wire import Wire

# The API server remembers for 10 s that a token was good.
_SECONDS = 40


@dataclass(frozen=True)
class Passes:
    """The account is in the application's namespace and has the rights of `manifests/`."""

    cluster: Cluster
    kube: Kube
    namespaces: Namespaces

    def up(self) -> None:
        """Make the account and give it its rights."""
        meta = {"namespace": self.namespaces.home, "name": login.ACCOUNT}
        self.kube.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        for manifest in self._rights():
            self.kube.create(manifest)

    def down(self) -> None:
        """Take the rights away that do not go with its namespaces."""
        for each in self._rights():
            meta = each["metadata"]
            if meta.get("namespace", "kube-system") == "kube-system":
                with suppress(Refused):
                    self.kube.delete(each["kind"], meta.get("namespace", ""), meta["name"])

    def issue(self) -> str:
        """A new pass."""
        return login.issue(self.kube, self.namespaces.home)

    def plugin(self, session: Path, seconds: int | None = None) -> Object:
        """The user of a kubeconfig whose passes a plugin gives while `session` is there; it says that they end in
        so many seconds."""
        arguments = [self.cluster.kubeconfig, self.cluster.context, self.namespaces.home, session]
        ends = [] if seconds is None else [seconds]
        return {
            "exec": {
                "apiVersion": login.API,
                "command": sys.executable,
                "args": ["-m", login.__name__, *map(str, [*arguments, *ends])],
                "env": [{"name": "PYTHONPATH", "value": str(ROOT)}],
                "interactiveMode": "Never",
            }
        }

    def end(self, wire: Wire, authorization: str) -> None:
        """End all; return when the API server takes this one no more."""
        secrets = path_of("Secret", self.namespaces.home)
        self.kube.request("DELETE", secrets, labelSelector=login.PASS)
        until = time.monotonic() + _SECONDS
        while wire.accepts(authorization):
            assert time.monotonic() < until, "the token is still good"
            time.sleep(0.2)

    def _rights(self) -> list[Object]:
        found = (*documents("rbac.yaml"), *documents("rbac-options.yaml"))
        return [self.namespaces.renamed(each) for each in found if each["kind"].endswith(("Role", "Binding"))]


@contextmanager
def accounts(pairs: Sequence[Pair]) -> Iterator[None]:
    """The promoter has an account at each place of the pairs."""
    passes = [passes_of(pair, place) for pair in pairs for place in PLACES]
    try:
        for each in passes:
            each.up()
        yield
    finally:
        for each in passes:
            each.down()


def passes_of(pair: Pair, place: str) -> Passes:
    """The account at a place of the pair."""
    home = pair.namespace(place)
    return Passes(pair.clusters[place], pair.kubes[place], Namespaces(home, home, pair.checks))
