"""Ask Argo CD for a sync: the field `operation` of an Application, which its controller takes away as it begins.

What is needed is `get` and `patch` of applications in Argo CD's namespace (docs/beside-argo-cd.md), and no token of its
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.cluster.client.errors import Conflict, Invalid
from ldmrelease.cluster.client.paths import join
from ldmrelease.cluster.gitops import argo_cd
from ldmrelease.cluster.gitops.sync_status import SyncStatus

if TYPE_CHECKING:
    from ldmrelease.cluster.client.api import Api

MANAGER = "ldmrelease"


def ask_for_sync(api: Api, status: SyncStatus, promotion: str) -> bool:
    """Ask for a sync of what the Application's own target revision says; False where somebody was faster.

    Nothing else is changed: no revision, no parameter, nothing is pruned. promotion: for whom, which the Application
    then shows. Raises `ClusterError`, of it Forbidden without the right.
    """
    namespace, _, name = status.object.partition(" ")[2].partition("/")
    about = [{"name": "promotion", "value": promotion}]
    operation = {"sync": {}, "initiatedBy": {"username": MANAGER}, "info": about}
    guard = {"op": "test", "path": "/metadata/resourceVersion", "value": status.version}
    wanted = {"op": "add", "path": "/operation", "value": operation}
    try:
        api.patch(join(argo_cd.VERSION, argo_cd.PLURAL, namespace, name), [guard, wanted], manager=MANAGER)
    except (Conflict, Invalid):
        # The Application has changed since: it is looked at again.
        return False
    return True
