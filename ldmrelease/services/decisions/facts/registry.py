"""The sources of facts, by the names that rules ask for: a new one is a file and a line.

Each name is a field of `Facts`, apart from `images`, which are in the fact about the release.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ldmrelease.services.decisions.facts import (
    approvals,
    campaigns,
    candidate_pins,
    change,
    cycles,
    debts,
    documents,
    holds,
    images,
    requested,
    residences,
    running,
    runs,
    statements,
    topology,
    unknown_runs,
    waivers,
    windows,
)
from ldmrelease.services.decisions.facts.inquiry import Inquiry

SOURCES: Mapping[str, Callable[[Inquiry], Any]] = {
    "images": images.gather,
    "statements": statements.gather,
    "runs": runs.gather,
    "unknown_runs": unknown_runs.gather,
    "residences": residences.gather,
    "candidate_pins": candidate_pins.gather,
    "cycles": cycles.gather,
    "change": change.gather,
    "debts": debts.gather,
    "windows": windows.gather,
    "running": running.gather,
    "documents": documents.gather,
    "interfaces": running.interfaces,
    "campaigns": campaigns.gather,
    "holds": holds.gather,
    "places": topology.places,
    "place_components": topology.place_components,
    "clusters": topology.clusters,
    "checks": topology.checks,
    "approvals": approvals.gather,
    "waivers": waivers.gather,
    "requested": requested.requested,
    "pinned_by": requested.pinned_by,
}
