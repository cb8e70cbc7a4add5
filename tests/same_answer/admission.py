"""A process of its own that asks generated admission policies what an API server would ask them, in CEL.

Their expressions are those of the language and of its extension for strings, which Kubernetes has too, so the library
answers them as they are. What it does not have is the API server around them: types, costs, and how it is dated and
defaulted, all of which `tests/real/kube/test_admission_policy.py` asks of a real one.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import starmap
from pathlib import Path
from typing import Any

import yaml
from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from msgspec.structs import replace

from ldmrelease.domain.bundle import AllowedBecause, AllowedImage, Bundle, BundleEnvironment
from ldmrelease.domain.decision import Verdict
from ldmrelease.services.bundles.admission_policy import SHARD_LIMIT, admission_policy
from ldmrelease.services.bundles.allow_list import creatable
from tests.same_answer.gates import opened

Object = dict[str, Any]
_GIVEN = ("object", "oldObject", "request", "params", "variables")
FAILED = "failed closed"
"""What is said where an expression has no answer: `failurePolicy: Fail`."""


class Admission:
    """Policies with their bindings and parameters, as an API server asks them: all have to agree."""

    def __init__(self, objects: Iterable[Object]) -> None:
        named = {(each["kind"], each["metadata"]["name"]): each for each in objects}
        bindings = [each for (kind, _), each in named.items() if kind.endswith("PolicyBinding")]
        self._policies = [
            _Policy(
                named["ValidatingAdmissionPolicy", each["spec"]["policyName"]],
                named["AllowList", each["spec"]["paramRef"]["name"]],
            )
            for each in bindings
        ]
        assert self._policies

    def refusal(self, request: Object) -> str:
        """Why a request is refused; empty where it is not."""
        return next(filter(None, (each.refusal(request) for each in self._policies)), "")


class _Policy:
    def __init__(self, policy: Object, parameters: Object) -> None:
        spec = policy["spec"]
        assert spec["failurePolicy"] == "Fail"
        environment = cel.NewEnv(
            variables=dict.fromkeys(_GIVEN, cel.Type.DYN), extensions=[ext_strings.ExtStrings()]
        )
        self._parameters = parameters
        self._rules = spec["matchConstraints"]["resourceRules"]
        self._variables = {
            each["name"]: environment.compile(each["expression"]) for each in spec["variables"]
        }
        self._validations = [
            [environment.compile(each[key]) for key in ("expression", "messageExpression")]
            for each in spec["validations"]
        ]

    def refusal(self, request: Object) -> str:
        asked = {key: value for key, value in request.items() if key not in {"object", "oldObject"}}
        if not any(_matches(each, asked) for each in self._rules):
            return ""
        given: Object = {
            "object": request["object"],
            "oldObject": request["oldObject"],
            "request": asked,
            "params": self._parameters,
            "variables": {},
        }
        for name, each in self._variables.items():
            # One without an answer is left out: whoever needs it has none either, and who does not goes on.
            if (found := _answer(each, given)) is not None:
                given["variables"][name] = found
        for holds, message in self._validations:
            if _answer(holds, given) is not True:
                return _answer(message, given) or FAILED
        return ""


def _answer(expression: cel.Expression, given: Object) -> Any:
    found = expression.eval(data=given)
    return None if found.type().name() in {"ERROR", "UNKNOWN"} else found.plain_value()


def _matches(rule: Object, request: Object) -> bool:
    resource = "/".join(filter(None, (request["resource"]["resource"], request.get("subResource"))))
    return request["operation"] in rule["operations"] and resource in rule["resources"]


def _decided(bundle: Bundle, environment: BundleEnvironment) -> BundleEnvironment:
    """The environment as it would be if everything were promoted there that may be. The one with most of it has
    many more images, so that its list is in sixteen parts."""
    releases = {each.digest: each.release for each in bundle.releases}
    allowed = [
        AllowedImage(
            digest, each.place, f"{release.product}/{image.name}", AllowedBecause.ADMITTED, each.name
        )
        for each in bundle.decisions
        if each.place.environment == environment.name and each.verdict is Verdict.ALLOWED
        for release in [releases[each.release]]
        for image in release.images
        for digest in creatable(image.identity)
    ]
    everywhere = Counter(
        each.place.environment for each in bundle.decisions if each.verdict is Verdict.ALLOWED
    )
    if [environment.name] == [name for name, _ in everywhere.most_common(1)]:
        allowed += _others(environment)
    return replace(environment, allowed=tuple(sorted(allowed)))


def _others(environment: BundleEnvironment) -> Iterator[AllowedImage]:
    (there,) = environment.places
    for number in range(SHARD_LIMIT):
        digest = f"sha256:{number % 16:x}{number + 1:063x}"
        yield AllowedImage(digest, there.place, "other/image", AllowedBecause.ADMITTED)


def main() -> None:
    """Ask what standard input names: `asked` has the name of a list ("exported" or "decided"), an environment and a
    request each. `exported` are files that were exported, by environment; the others are made here."""
    given = json.load(sys.stdin)
    verified = opened(given["bundle"], given["trust"], given["now"]).verified

    def made(which: str, name: str) -> Admission:
        environment = verified.bundle.environment(name)
        assert environment is not None
        if which == "decided":
            return Admission(admission_policy(verified, _decided(verified.bundle, environment)))
        if name in given["exported"]:
            return Admission(yaml.safe_load_all(Path(given["exported"][name]).read_text()))
        return Admission(admission_policy(verified, environment))

    needed = dict.fromkeys((which, name) for which, name, _ in given["asked"])
    policies = dict(zip(needed, starmap(made, needed), strict=True))
    for which, name, request in given["asked"]:
        print(json.dumps(policies[which, name].refusal(request)))


if __name__ == "__main__":
    main()
