"""Which nodes may run a workload's pods: selector, required affinity, taints, and those that are not ready."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.cluster.objects.nodes import chosen

Object = dict[str, Any]
GPU: Object = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def node(name: str, *, labels: Object | None = None, ready: str = "True", **spec: Any) -> Object:
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
        "status": {
            "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]
        },
    }


def required(*terms: Object) -> Object:
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"affinity": {"nodeAffinity": rule}}


def wants(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def test_every_ready_node_where_nothing_is_asked() -> None:
    found = chosen([node("b"), node("a")], {})
    assert (found.nodes, dict(found.left)) == (("a", "b"), {})


def test_a_node_that_is_not_ready_is_named_and_left_out() -> None:
    found = chosen([node("a"), node("b", ready="Unknown"), node("c", ready="False")], {})
    assert found.nodes == ("a",)
    assert sorted(found.left) == ["b", "c"]


def test_a_node_that_would_not_run_it_is_not_missed() -> None:
    found = chosen([node("a", ready="False", labels={"zone": "1"})], {"nodeSelector": {"zone": "2"}})
    assert (found.nodes, dict(found.left)) == ((), {})


def test_the_taint_of_a_node_in_trouble_hides_no_trouble() -> None:
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    assert list(chosen([node("a", ready="False", taints=[taint])], {}).left) == ["a"]


def test_cordoned_nodes_take_the_pods_of_daemon_sets_alone() -> None:
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    nodes = [node("a", unschedulable=True, taints=[taint])]
    assert chosen(nodes, {}).nodes == ()
    assert chosen(nodes, {}, is_daemon=True).nodes == ("a",)


def test_a_pod_that_is_bound_stays_where_it_is() -> None:
    nodes = [node("a"), node("b", unschedulable=True)]
    assert chosen(nodes, {"nodeName": "b"}).nodes == ("b",)


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        (None, False),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}, True),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_taints_keep_out_who_does_not_tolerate_them(toleration: Object | None, tolerated: bool) -> None:
    pod = {"tolerations": [toleration]} if toleration else {}
    assert bool(chosen([node("a", taints=[GPU])], pod).nodes) is tolerated


def test_a_taint_that_only_prefers_keeps_nobody_out() -> None:
    assert chosen([node("a", taints=[GPU | {"effect": "PreferNoSchedule"}])], {}).nodes == ("a",)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        (wants("zone", "In", "1", "2"), ("one",)),
        (wants("zone", "NotIn", "1"), ("none", "three")),
        (wants("zone", "Exists"), ("one", "three")),
        (wants("zone", "DoesNotExist"), ("none",)),
        (wants("zone", "Gt", "1"), ("three",)),
        (wants("zone", "Lt", "3"), ("one",)),
        (wants("zone", "Lt", "many"), ()),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["one"]}]}, ("one",)),
        ({}, ()),
    ],
)
def test_required_affinity(term: Object, names: tuple[str, ...]) -> None:
    nodes = [node("one", labels={"zone": "1"}), node("three", labels={"zone": "3"}), node("none")]
    assert chosen(nodes, required(term)).nodes == names


def test_one_term_of_an_affinity_is_enough_and_all_of_a_term_is_needed() -> None:
    nodes = [node("a", labels={"zone": "1", "disk": "ssd"}), node("b", labels={"zone": "2"})]
    both = {
        "matchExpressions": [
            *wants("zone", "Exists")["matchExpressions"],
            *wants("disk", "Exists")["matchExpressions"],
        ]
    }
    assert chosen(nodes, required(both)).nodes == ("a",)
    assert chosen(nodes, required(both, wants("zone", "In", "2"))).nodes == ("a", "b")


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=8))
def test_a_node_is_chosen_or_left_and_never_both(kinds: list[tuple[bool, bool, bool]]) -> None:
    nodes = [
        node(
            str(number),
            ready=str(ready),
            taints=[GPU] if tainted else [],
            labels={"zone": "1"} if fits else {},
        )
        for number, (ready, tainted, fits) in enumerate(kinds)
    ]
    found = chosen(nodes, {"nodeSelector": {"zone": "1"}})
    assert not set(found.nodes) & found.left.keys()
    fitting = {str(n) for n, (_, tainted, fits) in enumerate(kinds) if fits and not tainted}
    assert set(found.nodes) | found.left.keys() == fitting
