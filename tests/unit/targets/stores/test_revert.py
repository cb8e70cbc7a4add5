"""What brings a workload back: the fields that were applied, as they were before, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ldmrelease.targets.stores.revert import BEFORE, MOST, projected, read_undo, undo_of

P_1 = "p-1.ledger"
ME, OTHER = "ldmrelease-manifests", "horizontal-pod-autoscaler"


def keyed(**keys: str) -> str:
    return "k:" + json.dumps(keys, separators=(",", ":"))


def manifest(spec: Any, *applied: tuple[str, dict[str, Any]], **annotations: str) -> dict[str, Any]:
    entries = [{"manager": name, "operation": "Apply", "fieldsV1": fields} for name, fields in applied]
    return {"metadata": {"annotations": annotations, "managedFields": entries}, "spec": spec}


@pytest.mark.parametrize(
    ("value", "fields", "part"),
    [
        ({"a": 1, "b": 2}, {"f:a": {}}, {"a": 1}),
        ({"a": {"b": [1, 2]}}, {"f:a": {}}, {"a": {"b": [1, 2]}}),
        ({"a": {"b": 1}}, {"f:a": {".": {}}}, {"a": {}}),
        ({"a": 1}, {"f:gone": {}}, {}),
        (
            [{"name": "main", "image": "x", "tty": True}, {"name": "side", "image": "y"}],
            {keyed(name="main"): {".": {}, "f:name": {}, "f:image": {}}},
            [{"name": "main", "image": "x"}],
        ),
        ([{"name": "main", "image": "x"}], {keyed(name="main"): {".": {}}}, [{"name": "main"}]),
        (["a", "b"], {'v:"b"': {}}, ["b"]),
        ([3, 1], {}, [3, 1]),
    ],
)
def test_a_part_of_a_value_is_what_its_fields_say(value: Any, fields: dict[str, Any], part: Any) -> None:
    assert projected(value, fields) == part


def test_what_the_apply_has_set_or_taken_away_comes_back_and_what_is_others_is_left_out() -> None:
    before = manifest(
        {"replicas": 3, "level": "1", "tier": "one"},
        (ME, {"f:spec": {"f:tier": {}}}),
        (OTHER, {"f:spec": {"f:replicas": {}}}),
    )
    after = manifest(
        {"replicas": 3, "level": "2", "seconds": 5}, (ME, {"f:spec": {"f:level": {}, "f:seconds": {}}})
    )
    undo = undo_of(before, after, ME, P_1)
    assert read_undo(undo, P_1) == {"spec": {"level": "1", "tier": "one"}}


def test_what_led_further_back_is_not_kept() -> None:
    fields = {"f:metadata": {"f:annotations": {f"f:{BEFORE}": {}, "f:own": {}}}}
    before = manifest({}, (ME, fields), **{BEFORE: "{}", "own": "1"})
    undo = undo_of(before, manifest({}, (ME, fields)), ME, P_1)
    assert read_undo(undo, P_1) == {"metadata": {"annotations": {"own": "1"}}}


def test_a_field_that_one_apply_has_as_a_whole_comes_back_whole() -> None:
    before = manifest({"args": {"a": 1, "b": 2}}, (ME, {"f:spec": {"f:args": {"f:a": {}}}}))
    after = manifest({"args": {"c": 3}}, (ME, {"f:spec": {"f:args": {}}}))
    undo = undo_of(before, after, ME, P_1)
    assert read_undo(undo, P_1) == {"spec": {"args": {"a": 1, "b": 2}}}


def test_what_is_too_long_for_an_annotation_is_not_kept() -> None:
    before = manifest({"text": "x" * MOST}, (ME, {"f:spec": {"f:text": {}}}))
    assert undo_of(before, before, ME, P_1) is None


@pytest.mark.parametrize(("size", "is_kept"), [(MOST // 2, False), (MOST // 4, True)])
def test_what_is_too_long_beside_the_other_annotations_is_not_kept(size: int, is_kept: bool) -> None:
    """The API server counts them together, and would refuse the whole write."""
    before = manifest({"text": "x" * (MOST // 2)}, (ME, {"f:spec": {"f:text": {}}}), applied="y" * size)
    assert (undo_of(before, before, ME, P_1) is not None) == is_kept


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"of": "p-1.ledger", "apply": {}}', {}),
        ('{"of": "p-1.another", "apply": {}}', None),
        ('{"of": "p-1.ledger", "apply": []}', None),
        ("{}", None),
        ("{", None),
        ("[]", None),
        ("", None),
        (None, None),
    ],
)
def test_what_others_wrote_there_leads_nowhere(text: str | None, found: object) -> None:
    assert read_undo(text, P_1) == found
