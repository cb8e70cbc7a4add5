"""Bundles that others have made: what GitHub's workflows have signed is verified by the roots of that time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ldmrelease.domain.facts import BuildFact
from ldmrelease.trust.dsse import Envelope, read_wrapped
from ldmrelease.trust.identities import CertificateIdentity
from ldmrelease.trust.keyless import certificate_of
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.trusted_root import read_trusted_root
from ldmrelease.trust.verify import Rejected
from tests.unit.trust.keyless_samples import (
    TOKEN,
    identity,
    judged,
    keyless_ring,
)
from tests.unit.trust.trust_samples import LAB, NOON

DATA = Path(__file__).parents[2] / "data" / "sigstore"


class TestPublicBundles:
    """What GitHub's workflows have signed, by the public instance and by its staging one (tests/data/README.md)."""

    @pytest.mark.parametrize(
        ("name", "root", "repository", "workflow"),
        [
            (
                "github-own-builder",
                "public",
                "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon",
                ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
            ),
            (
                "github-shared-workflow",
                "public",
                "https://github.com/malancas/attest-demo",
                ".github/workflows/shared.yml@refs/heads/main",
            ),
            (
                "github-rekor2",
                "staging",
                "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon",
                ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
            ),
        ],
        ids=["own-workflow", "shared-workflow", "timestamp-and-second-log"],
    )
    def test_are_verified(self, name, root, repository, workflow):
        found = verified_file(name, root)
        assert isinstance(found, CertificateIdentity)
        assert (found.repository, found.workflow) == (repository, workflow)
        assert found.issuer == TOKEN.issuer
        assert found.ref == "refs/heads/main"

    @pytest.mark.parametrize(
        ("name", "root", "expected"),
        [
            ("github-other-signature", "public", "bad-signature"),
            ("github-other-log-entry", "public", "other-log-entry"),
            ("github-rekor2", "public", "no-signed-time"),
            ("github-own-builder", "staging", "bad-certificate"),
        ],
        ids=["signature", "log-entry", "timestamp-of-elsewhere", "authority-of-elsewhere"],
    )
    def test_are_refused(self, name, root, expected):
        found = verified_file(name, root)
        assert isinstance(found, Rejected)
        assert found.code == expected

    def test_tells_what_it_was_built_from_as_github_writes_it(self):
        builds = identity(
            subject="https://github.com/*/.github/workflows/*",
            repository="https://github.com/malancas/attest-demo",
            workflow=None,
        )
        keyring = keyless_ring(builds)
        root = read_trusted_root((DATA / "public-trusted-root.json").read_bytes())
        at = NOON + timedelta(days=900)
        found = judged(
            (DATA / "github-shared-workflow.sigstore.json").read_bytes(),
            keyring=Keyring(keyring.keys, keyring.roles, keyring.identities, root),
            received=at,
            now=at,
            repository=LAB,
        )
        assert found.fact.counted, found.refusal
        assert found.fact.build is not None
        assert found.fact.build == BuildFact(
            "https://github.com/actions/runner/github-hosted",
            "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
            found.fact.build.sources,
        )
        (source,) = found.fact.build.sources
        assert source.uri == "https://github.com/malancas/attest-demo"
        assert found.certificate is not None
        assert source.commit == found.certificate.commit


def verified_file(name: str, root: str) -> CertificateIdentity | Rejected:
    envelope = read_wrapped((DATA / f"{name}.sigstore.json").read_bytes())
    assert isinstance(envelope, Envelope)
    return certificate_of(envelope, read_trusted_root((DATA / f"{root}-trusted-root.json").read_bytes()))
