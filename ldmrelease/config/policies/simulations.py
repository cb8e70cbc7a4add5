"""Files that say what is assumed beyond the facts of now."""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.config.policies.act_entries import acts_of
from ldmrelease.config.policies.case_schema import GivenEntry, SimulationFile
from ldmrelease.config.policies.evidence_scenarios import campaigns_of, running_of
from ldmrelease.config.policies.scenarios import (
    Faults,
    candidates_of,
    change_of,
    cycles_of,
    given,
    image_of,
    residences_of,
    runs_of,
    statements_of,
)
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain.decision import Phase
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.policy.cases.assumptions import Assumptions

_KNOWN = ("place", "places", "checks", "requester", "pinned_by", "alias")
_PINNED = ("tag", "grammar", "kind", "product", "content", "problem", "configurations")
_IS_KNOWN = "is known already: a simulation begins with the facts of now"


class SimulatedTime(Struct, frozen=True):
    """What a file assumes, at which time."""

    at: datetime
    assumptions: Assumptions


def read_simulation(
    path: Path, now: datetime, at: datetime | None, here: Place, known: Collection[Place]
) -> SimulatedTime:
    """What is assumed at a place. `at` is in place of the time that the file says; with neither it is now.

    `known` are the places that there are. Raises `BadInput`.
    """
    document = read.read(path)
    entry = validate(SimulationFile, document).with_
    faults = Faults(document).at(("with",))
    for key in _KNOWN:
        if getattr(entry, key) is not None:
            faults.add((key,), _IS_KNOWN, "leave it out")
    for key in _PINNED if entry.release is not None else ():
        if getattr(entry.release, key) is not None:
            faults.add(("release", key), _IS_KNOWN, "leave it out")
    moment = at or entry.at or now
    assumptions = _assumptions(entry, moment, here, known, faults)
    if faults.found:
        raise BadInput(faults.found)
    return SimulatedTime(moment, assumptions)


def _assumptions(
    entry: GivenEntry, at: datetime, here: Place, known: Collection[Place], faults: Faults
) -> Assumptions:
    release = entry.release
    missing = None if release is None or release.missing is None else tuple(release.missing)
    images = [] if release is None else given(release.images)
    return Assumptions(
        intent=None if entry.intent is None else Intent(entry.intent),
        phase=Phase(entry.phase or "enter"),
        images=tuple(image_of(name, each) for name, each in images),
        missing=missing,
        residences=residences_of(entry, at, map(str, known), faults),
        runs=runs_of(entry, at),
        statements=statements_of(entry, at, faults),
        candidates=candidates_of(entry),
        cycles=cycles_of(entry, here, faults),
        change=change_of(entry),
        running=running_of(entry.running),
        documents=dict(given(entry.documents)),
        interfaces=dict(given(entry.interfaces)),
        campaigns=campaigns_of(entry.campaigns),
        clusters=dict(given(entry.clusters)),
        holds=tuple(entry.holds or ()),
        requested=None if entry.requested is None else at - timedelta(seconds=entry.requested),
        acts=acts_of(entry.approvals, entry.waivers, at),
        earlier=None if entry.earlier is None else tuple(map(Place.parse, entry.earlier)),
        later=None if entry.later is None else tuple(map(Place.parse, entry.later)),
    )


def simulation_schema() -> dict[str, Any]:
    """The JSON Schema of a file that says what is assumed, with a description of every field."""
    return SimulationFile.model_json_schema()
