"""The objects of an admission policy: what they say, without an API server to ask them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.domain.bundle import AllowedBecause
from ldmrelease.services.bundles.admission_policy import GROUP_VERSION, KIND, admission_policy, shards
from tests.bundles import Made, digest

DEFINITION = Path(__file__).parents[4] / "manifests" / "admission" / "allow-list.yaml"


def _objects(**change: Any) -> list[dict[str, Any]]:
    made = Made()
    bundle = made.bundle(**change)
    return admission_policy(made.verified(bundle), bundle.environments[0])


def test_parameters_come_before_the_policy_and_its_binding() -> None:
    found = _objects(allowed={digest(1): AllowedBecause.RUNNING})
    assert [each["kind"] for each in found] == [
        "AllowList",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]
    assert found[0]["spec"]["images"] == {digest(1).removeprefix("sha256:"): "running"}
    assert {each["metadata"]["annotations"]["ldmrelease.dev/serial"] for each in found} == {"1"}


def test_it_is_closed() -> None:
    _, policy, binding = _objects()
    assert policy["spec"]["failurePolicy"] == "Fail"
    assert "objectSelector" not in policy["spec"]["matchConstraints"]
    assert "namespaceSelector" not in policy["spec"]["matchConstraints"]
    assert binding["spec"]["paramRef"]["parameterNotFoundAction"] == "Deny"
    assert binding["spec"]["validationActions"] == ["Deny"]


def test_namespaces_are_exempt_by_name() -> None:
    _, policy, _ = _objects(exempt=("kube-system",))
    (asked,) = policy["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert asked == {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}


def test_the_definition_is_of_the_kind_that_policies_ask_for() -> None:
    found = yaml.safe_load(DEFINITION.read_text())["spec"]
    assert (found["names"]["kind"], f"{found['group']}/{found['versions'][0]['name']}") == (
        KIND,
        GROUP_VERSION,
    )
    schema = found["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert set(schema["properties"]) == set(_objects()[0]["spec"])


def test_what_runs_and_was_let_in_is_marked_as_running() -> None:
    bundle = Made().bundle({digest(1): AllowedBecause.ADMITTED, digest(2): AllowedBecause.APPLYING})
    (shard,) = shards(bundle.environments[0])
    assert set(shard.digests.values()) == {"admitted"}


@pytest.mark.parametrize(("limit", "parts"), [(40, 1), (39, 16)])
def test_a_list_that_is_too_long_is_split_and_nothing_is_lost(limit: int, parts: int) -> None:
    digests = [f"sha256:{number % 16:x}{number:063x}" for number in range(40)]
    bundle = Made().bundle(dict.fromkeys(digests, AllowedBecause.ADMITTED))
    found = list(shards(bundle.environments[0], limit))
    assert len(found) == parts
    assert sorted(key for each in found for key in each.digests) == sorted(
        each.removeprefix("sha256:") for each in digests
    )
    assert all(key.startswith(each.prefix) for each in found for key in each.digests)
