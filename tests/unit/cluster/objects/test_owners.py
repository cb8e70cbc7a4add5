"""Who gave an image its value, by the field managers."""

from __future__ import annotations

from typing import Any

import pytest

from ldmrelease.cluster.objects.owners import Owner, image_owner
from ldmrelease.cluster.objects.workloads import POD_SPEC_AT, VOLUME, read_workload
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.unit.cluster.sample_objects import Object, meta

DEPLOYMENT = WorkloadKind.DEPLOYMENT
TEMPLATE = POD_SPEC_AT[DEPLOYMENT]


def wrote(manager: str, time: str, fields: Object, **more: Any) -> Object:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields} | more


def image_of(container: str, kind: str = "containers") -> Object:
    return {f"f:{kind}": {f'k:{{"name":"{container}"}}': {".": {}, "f:image": {}, "f:name": {}}}}


def nested(fields: Object, *path: str) -> Object:
    for step in reversed(path):
        fields = {f"f:{step}": fields}
    return fields


def owner(
    container: str, *entries: Object, kind: WorkloadKind = DEPLOYMENT, field: str = "containers"
) -> Owner | None:
    """Of a workload with this one container (or `volume/NAME`), that these have written."""
    image = {"image": {"reference": "x"}} if field == "volumes" else {"image": "x"}
    spec: Object = {field: [{"name": container.removeprefix(VOLUME), **image}]}
    for step in reversed(POD_SPEC_AT[kind]):
        spec = {step: spec}
    workload = read_workload(kind, {"metadata": meta("app", managedFields=list(entries)), **spec}, {})
    return image_owner(workload, container)


def test_the_last_writer_of_the_image_owns_it() -> None:
    fields = nested(image_of("main"), *TEMPLATE)
    before = wrote("ldmrelease", "2026-11-01T00:00:00Z", fields, operation="Apply")
    after = wrote("kubectl-set", "2026-11-02T00:00:00Z", fields)
    other = wrote("kubectl-edit", "2026-11-03T00:00:00Z", nested({"f:replicas": {}}, "spec"))
    assert owner("main", after, before, other) == Owner("kubectl-set", "2026-11-02T00:00:00Z")
    assert owner("side", after, before, other) is None


@pytest.mark.parametrize("kind", [WorkloadKind.POD, DEPLOYMENT, WorkloadKind.CRON_JOB])
@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_the_image_is_found_in_every_kind(kind: WorkloadKind, field: str) -> None:
    written = wrote("me", "t", nested(image_of("main", field), *POD_SPEC_AT[kind]))
    assert owner("main", written, kind=kind, field=field) == Owner("me", "t")


def test_an_image_volume_has_an_owner() -> None:
    fields = {"f:volumes": {'k:{"name":"data"}': {"f:image": {"f:reference": {}}}}}
    written = wrote("me", "t", nested(fields, *TEMPLATE))
    assert owner("volume/data", written, field="volumes") == Owner("me", "t")
    assert owner("data", written) is None


def test_what_is_written_to_a_status_is_no_writing() -> None:
    fields = nested(image_of("main"), *TEMPLATE)
    assert owner("main", wrote("kubelet", "t", fields, subresource="status")) is None
