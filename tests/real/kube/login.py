"""A credential plugin (client.authentication.k8s.io/v1): whoever is logged in gets a new pass each time.

    python -m tests.real.kube.login KUBECONFIG CONTEXT NAMESPACE SESSION [SECONDS]

SESSION is a file that is there while one is logged in; passes are said to end in so many seconds. It knows little
of the other modules, since it is started often.
"""

from __future__ import annotations

import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.real.kube.api import Kube, path_of

API = "client.authentication.k8s.io/v1"
ACCOUNT = "ldmrelease"
PASS = "ldmrelease.test/pass"
"""The label of the Secrets that passes are bound to."""


def issue(kube: Kube, namespace: str) -> str:
    """A new pass: a token of the account, good while its Secret is there."""
    meta = {"namespace": namespace, "name": f"pass-{secrets.token_hex(4)}", "labels": {PASS: "yes"}}
    made = kube.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta})["metadata"]
    bound = {"apiVersion": "v1", "kind": "Secret", "name": made["name"], "uid": made["uid"]}
    path = f"{path_of('ServiceAccount', namespace, ACCOUNT)}/token"
    # It cannot be reached for less than ten minutes.
    answer = kube.request("POST", path, {"spec": {"expirationSeconds": 600, "boundObjectRef": bound}})
    token: str = answer["status"]["token"]
    return token


def _main(kubeconfig: str, context: str, namespace: str, session: str, seconds: str = "") -> None:
    if not Path(session).exists():
        sys.exit("you have to log in")
    status = {"token": issue(Kube(Path(kubeconfig), context), namespace)}
    if seconds:
        ends = datetime.now(UTC) + timedelta(seconds=int(seconds))
        status["expirationTimestamp"] = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
    print(json.dumps({"apiVersion": API, "kind": "ExecCredential", "status": status}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
