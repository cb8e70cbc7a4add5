"""Whether a release runs at a place on every pod, undisturbed: what a check is about has to stand still."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from ldmrelease.cluster.errors import Unreached
from ldmrelease.cluster.rollout import Armed, NodesNotReady, Ran
from ldmrelease.cluster.settle import Judged, wait_for
from ldmrelease.cluster.watch import Cut
from ldmrelease.domain.acts import Observation
from ldmrelease.domain.places import Application
from ldmrelease.domain.workloads import Workloads
from ldmrelease.services.observe import observe
from ldmrelease.services.owed import wanted_there
from ldmrelease.services.pin import Pinned
from ldmrelease.services.workbench import Workbench
from ldmrelease.targets.outcome import Unreachable

_MOMENT = 10.0
"""Seconds for controllers to take note of what changes no pod (an annotation), or adds some (an autoscaler)."""

_REVISION = "deployment.kubernetes.io/revision"


def standing(bench: Workbench, application: Application, pinned: Pinned) -> str | None:
    """What stands there, if it is the release: changes with every rollout, and not with the number of pods.

    None while something else runs, or something is being rolled out. Raises `BadAccess`, `ClusterError`.
    """
    workloads = application.workloads
    if workloads is None:
        return None
    if application.observe == "pods":
        return _in_pods(bench, application, workloads, pinned)
    seen = observe(bench, application)
    if isinstance(seen, Unreachable):
        raise Unreached(seen.where, seen.reason)
    return seen.revision if isinstance(seen, Observation) and pinned.digest in seen.releases else None


def _in_pods(bench: Workbench, application: Application, workloads: Workloads, pinned: Pinned) -> str | None:
    found = wait_for(
        bench.clusters.open(workloads.cluster),
        replace(workloads, deadline=_MOMENT, patience=0),
        wanted_there(pinned.release, application),
        progress=lambda _code, _values: None,
        written=True,
    )
    if isinstance(found, Cut):
        raise Unreached(workloads.cluster.context, found.reason)
    runs = [isinstance(each.verdict, Ran | NodesNotReady | Armed) for each in found.seen]
    return _templates(found.seen) if runs and all(runs) else None


def _templates(seen: Sequence[Judged]) -> str:
    """Of what the pods are made, and how often that changed where it is counted."""
    wanted = []
    for each in seen:
        manifest = each.workload.manifest
        revision = (manifest["metadata"].get("annotations") or {}).get(_REVISION)
        template = (manifest.get("spec") or {}).get("template")
        wanted.append([each.workload.key, each.workload.uid, template, each.workload.images, revision])
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
