"""An instance of Sigstore, identities and bundles that the tests of keyless signatures share."""

from __future__ import annotations

import json
from typing import Any

from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.statements import Subject, write_statement
from ldmrelease.trust.evaluate import EvaluatedStatement
from ldmrelease.trust.identities import OidcIdentity
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.trusted_root import read_trusted_root
from tests.sigstore_instance import GITHUB, SigstoreInstance, TokenOf
from tests.unit.trust.trust_samples import BIRTH, IMAGE, LAB, ROLES, ring, seen

SIGSTORE = SigstoreInstance()
OTHER = SigstoreInstance()
TOKEN = TokenOf()
WORKFLOW = ".github/workflows/build.yaml@refs/tags/*"


def identity(**changes: Any) -> OidcIdentity:
    """Who builds the lab image: the build workflow of its repository, at tags."""
    told: dict[str, Any] = {
        "id": "lab-builds",
        "issuer": GITHUB,
        "subject": f"https://github.com/lsst/lab/{WORKFLOW}",
        "repository": "https://github.com/lsst/lab",
        "workflow": WORKFLOW,
        "person": "ci",
        "roles": ("ci",),
        "not_before": BIRTH,
        **changes,
    }
    return OidcIdentity(**told)


def keyless_ring(*identities: OidcIdentity, instance: SigstoreInstance = SIGSTORE) -> Keyring:
    """Everybody's keys, and these identities (the lab's builds alone, where none is named)."""
    root = read_trusted_root(instance.trusted_root())
    return Keyring(ring().keys, ROLES, identities or (identity(),), root)


def provenance(**changes: Any) -> bytes:
    """A statement of provenance as GitHub's `actions/attest` writes it."""
    dependency = {"uri": f"git+{TOKEN.repository}@{TOKEN.ref}", "digest": {"gitCommit": TOKEN.commit}}
    told: dict[str, Any] = {"dependency": dependency, "subject": IMAGE, "type": "provenance", **changes}
    predicate = {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": TOKEN.ref, "repository": TOKEN.repository}},
            "resolvedDependencies": [told["dependency"]],
        },
        "runDetails": {"builder": {"id": TOKEN.subject}},
    }
    predicate = told.get("predicate", predicate)
    return write_statement(STATEMENT_TYPES[told["type"]].uri, (Subject(LAB, told["subject"]),), predicate)


def spelled(bundle: dict[str, Any]) -> bytes:
    """The bundle's bytes."""
    return json.dumps(bundle).encode()


def judged(bundle: dict[str, Any] | bytes, **context: Any) -> EvaluatedStatement:
    """What becomes of a bundle that was taken in ten minutes after noon, by `keyless_ring`."""
    data = bundle if isinstance(bundle, bytes) else spelled(bundle)
    return seen(data, **{"keyring": keyless_ring(), **context})
