"""The allow list of an environment as Kubernetes' own admission policy, which needs no server of ours.

Each digest is a key of a map, so that a look-up costs the same however many there are. Where one object would be too
large for the API server, there are sixteen, by the first hex digit, each with a policy of its own: all of them have to
agree. The objects are of a kind of our own (`manifests/admission`), since an API server that loses sight of its last
policy goes on with the ConfigMaps that it knew then (docs/decisions/0062).

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.bundle import AllowedBecause, Bundle, BundleEnvironment
from ldmrelease.trust.bundles import VerifiedBundle

KIND, GROUP_VERSION = "AllowList", "ldmrelease.dev/v1alpha1"
"""The kind of the parameters. Who may write them lets in what he likes."""
LABEL = "app.kubernetes.io/managed-by"
ANNOTATIONS = "ldmrelease.dev/"
SHARD_LIMIT = 8000
"""Digests of one object: some 700 KB, and etcd takes 1.5 MiB."""
_GROUP = "admissionregistration.k8s.io/v1"
_HEX = "0123456789abcdef"
_MIRROR = "kubernetes.io/config.mirror"

_ALL_IMAGES = """\
{0}.spec.containers.map(c, has(c.image) ? c.image : '')
+ (has({0}.spec.initContainers) ? {0}.spec.initContainers.map(c, has(c.image) ? c.image : '') : [])
+ (has({0}.spec.ephemeralContainers)
   ? {0}.spec.ephemeralContainers.map(c, has(c.image) ? c.image : '') : [])
+ (has({0}.spec.volumes)
   ? {0}.spec.volumes.filter(v, has(v.image)).map(v, has(v.image.reference) ? v.image.reference : '') : [])"""
_BEFORE = f"request.operation == 'CREATE' ? [] : (\n{_ALL_IMAGES.format('oldObject')})"
_IS_MIRROR = f"has(object.metadata.annotations) && '{_MIRROR}' in object.metadata.annotations"
_FROM_NODE = (
    "request.userInfo.username.startsWith('system:node:')\n"
    "&& has(request.userInfo.groups) && 'system:nodes' in request.userInfo.groups"
)
# RE2's `$` is the end of the text and not a newline before it.
_BY_DIGEST = r"'^[^@\\s]+@sha256:[0-9a-f]{64}$'"
# No clock is to be had in CEL. The API server dates an object before it asks policies about its creation. That time is
# declared to be one, and is a text when it is evaluated (Kubernetes 1.34): `timestamp()` takes both.
_EXPIRED = (
    "request.operation == 'CREATE'\n"
    "&& timestamp(object.metadata.creationTimestamp) > timestamp(params.spec.expires)"
)
_ALLOWED_ONE = (
    "i.substring(i.size() - 64) in params.spec.images\n"
    "  && (!variables.expired || params.spec.images[i.substring(i.size() - 64)] == 'running')"
)


class Shard(Struct, frozen=True):
    """A part of the list: the digests that begin so, in hex, and why each may be created."""

    prefix: str
    digests: dict[str, str]


def admission_policy(verified: VerifiedBundle, environment: BundleEnvironment) -> list[dict[str, Any]]:
    """The objects that make the API server of an environment's cluster refuse what is not in the list, in the order in
    which they are to be applied: parameters, policies, bindings.
    """
    found = list(shards(environment))
    return [
        *(_parameters(verified, environment, each) for each in found),
        *(_policy(verified, environment, each) for each in found),
        *(_binding(verified, environment, each) for each in found),
    ]


def shards(environment: BundleEnvironment, limit: int = SHARD_LIMIT) -> Iterator[Shard]:
    """The list in one part, or in sixteen. A digest that runs is so marked, whatever else it is."""
    reasons: dict[str, str] = {}
    for each in sorted(environment.allowed, key=lambda one: one.because is AllowedBecause.RUNNING):
        reasons[each.digest.removeprefix("sha256:")] = (
            "running" if each.because is AllowedBecause.RUNNING else "admitted"
        )
    ordered = dict(sorted(reasons.items()))
    if len(ordered) <= limit:
        yield Shard("", ordered)
        return
    for digit in _HEX:
        yield Shard(digit, {key: value for key, value in ordered.items() if key.startswith(digit)})


def _name(environment: BundleEnvironment, shard: Shard) -> str:
    name = f"ldmrelease-{environment.name.lower().replace('_', '-')}"
    return f"{name}-{shard.prefix}" if shard.prefix else name


def _metadata(verified: VerifiedBundle, environment: BundleEnvironment, shard: Shard) -> dict[str, Any]:
    bundle: Bundle = verified.bundle
    said = {
        "environment": environment.name,
        "clusters": ",".join(environment.clusters),
        "serial": str(bundle.serial),
        "bundle": verified.digest,
        "ledger": bundle.ledger,
        "as-of": times.spell(bundle.as_of),
        "expires": times.spell(bundle.expires),
    }
    return {
        "name": _name(environment, shard),
        "labels": {LABEL: "ldmrelease"},
        "annotations": {f"{ANNOTATIONS}{key}": value for key, value in said.items()},
    }


def _parameters(verified: VerifiedBundle, environment: BundleEnvironment, shard: Shard) -> dict[str, Any]:
    return {
        "apiVersion": GROUP_VERSION,
        "kind": KIND,
        "metadata": _metadata(verified, environment, shard),
        "spec": {
            "environment": environment.name,
            "serial": verified.bundle.serial,
            "expires": times.spell(verified.bundle.expires),
            "images": shard.digests,
        },
    }


def _policy(verified: VerifiedBundle, environment: BundleEnvironment, shard: Shard) -> dict[str, Any]:
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": _metadata(verified, environment, shard),
        "spec": {
            "failurePolicy": "Fail",
            "paramKind": {"apiVersion": GROUP_VERSION, "kind": KIND},
            "matchConstraints": _constraints(environment),
            "variables": [{"name": name, "expression": expression} for name, expression in _variables(shard)],
            "validations": [_validation(environment)],
        },
    }


def _constraints(environment: BundleEnvironment) -> dict[str, Any]:
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["pods", "pods/ephemeralcontainers"],
        "scope": "Namespaced",
    }
    found: dict[str, Any] = {"matchPolicy": "Equivalent", "resourceRules": [rule]}
    if environment.exempt_namespaces:
        # The API server writes this label itself, on every namespace and whatever anybody wants it to say.
        named = {"key": "kubernetes.io/metadata.name", "operator": "NotIn"}
        found["namespaceSelector"] = {
            "matchExpressions": [{**named, "values": list(environment.exempt_namespaces)}]
        }
    return found


def _variables(shard: Shard) -> Iterator[tuple[str, str]]:
    yield "mirror", _IS_MIRROR
    yield "listed", _all_listed(shard)
    yield "images", _ALL_IMAGES.format("object")
    yield "before", _BEFORE
    yield "added", "variables.images.filter(i, !(i in variables.before))"
    yield "node", _FROM_NODE
    yield "expired", _EXPIRED
    yield "judged", "variables.mirror && variables.node ? [] : variables.added"
    yield "unpinned", f"variables.judged.filter(i, !i.matches({_BY_DIGEST}))"
    pinned = f"variables.judged.filter(i, i.matches({_BY_DIGEST}))"
    if shard.prefix:
        pinned += f".filter(i, i.substring(i.size() - 64).startsWith('{shard.prefix}'))"
    yield "unlisted", f"{pinned}.filter(i, !(\n  {_ALLOWED_ONE}))"


def _all_listed(shard: Shard) -> str:
    """Whether a new pod is the usual one: by digests of the list alone. It costs half of what telling what is wrong
    with a pod does, and is asked of every one.
    """
    one = f"has(c.image) && c.image.matches({_BY_DIGEST}) && "
    known = "c.image.substring(c.image.size() - 64) in params.spec.images"
    one += (
        known if not shard.prefix else f"({known} || c.image.charAt(c.image.size() - 64) != '{shard.prefix}')"
    )
    return (
        "request.operation == 'CREATE' && !variables.mirror && !has(object.spec.ephemeralContainers)\n"
        f"&& object.spec.containers.all(c, {one})\n"
        f"&& (!has(object.spec.initContainers) || object.spec.initContainers.all(c, {one}))\n"
        "&& (!has(object.spec.volumes) || !object.spec.volumes.exists(v, has(v.image)))\n"
        "&& string(object.metadata.creationTimestamp) <= params.spec.expires"
    )


def _validation(environment: BundleEnvironment) -> dict[str, Any]:
    """One for all, since each is asked of every pod, and so is its message."""
    where = environment.name
    is_mirror = "variables.mirror && !variables.node && request.operation == 'CREATE'"
    late = "(variables.expired ? ' (the allow list has expired: what runs already may start)' : '')"
    return {
        "expression": (
            f"variables.listed || (!({is_mirror})\n"
            "&& variables.unpinned.size() == 0 && variables.unlisted.size() == 0)"
        ),
        "messageExpression": (
            "variables.listed ? ''\n"
            f": {is_mirror} ? 'only nodes make mirror pods'\n"
            ": variables.unpinned.size() > 0\n"
            "? 'named without a sha256 digest: ' + variables.unpinned.join(', ')\n"
            f": 'not admitted to {where}: ' + variables.unlisted.join(', ') + {late}"
        ),
        "message": f"an image is not admitted to {where}",
        "reason": "Forbidden",
    }


def _binding(verified: VerifiedBundle, environment: BundleEnvironment, shard: Shard) -> dict[str, Any]:
    name = _name(environment, shard)
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": _metadata(verified, environment, shard),
        "spec": {
            "policyName": name,
            "paramRef": {"name": name, "parameterNotFoundAction": "Deny"},
            "validationActions": ["Deny"],
        },
    }
