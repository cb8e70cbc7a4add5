"""Kinds of a test's own: custom resources, in a group that is named like the test's namespace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.real.kube.api import Kube, Object


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that is defined, with objects in `namespace`; its plural is its name in small letters with an s."""

    kube: Kube
    namespace: str
    name: str

    @property
    def group(self) -> str:
        return f"{self.namespace}.example"

    @property
    def api_version(self) -> str:
        return f"{self.group}/v1"

    @property
    def plural(self) -> str:
        return f"{self.name.lower()}s"

    def path(self, name: str | None = None) -> str:
        """The collection, or the object with this name."""
        collection = f"/apis/{self.api_version}/namespaces/{self.namespace}/{self.plural}"
        return f"{collection}/{name}" if name else collection

    def body(self, spec: Object, **metadata: object) -> Object:
        """An object of this kind."""
        meta = {"namespace": self.namespace} | metadata
        return {"apiVersion": self.api_version, "kind": self.name, "metadata": meta, "spec": spec}


@contextmanager
def defined(kube: Kube, namespace: str, name: str, spec: Object) -> Iterator[Kind]:
    """A kind with this schema of its specification; its status is any object, and a subresource."""
    kind = Kind(kube, namespace, name)
    definition = f"{kind.plural}.{kind.group}"
    kube.create(_definition(definition, kind, spec))
    try:
        kube.until("CustomResourceDefinition", "", definition, _is_established)
        yield kind
    finally:
        kube.delete("CustomResourceDefinition", "", definition)


def _definition(name: str, kind: Kind, spec: Object) -> Object:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": anything}}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": schema,
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced",
            "names": {"kind": kind.name, "plural": kind.plural, "singular": kind.name.lower()},
            "versions": [version],
        },
    }


def _is_established(definition: Object) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()
    return any((each["type"], each["status"]) == ("Established", "True") for each in conditions)


@contextmanager
def demanded(kind: Kind, expression: str, message: str) -> Iterator[None]:
    """A ValidatingAdmissionPolicy of whatever is made or changed of this kind."""
    api = "/apis/admissionregistration.k8s.io/v1"
    policies, bindings = (f"{api}/validatingadmission{each}" for each in ("policies", "policybindings"))
    rule = {
        "apiGroups": [kind.group],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [kind.plural],
    }
    kind.kube.request(
        "POST",
        policies,
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": kind.group},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": expression, "message": message}],
            },
        },
    )
    kind.kube.request(
        "POST",
        bindings,
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": kind.group},
            "spec": {"policyName": kind.group, "validationActions": ["Deny"]},
        },
    )
    try:
        yield
    finally:
        for collection in (bindings, policies):
            kind.kube.request("DELETE", f"{collection}/{kind.group}")
