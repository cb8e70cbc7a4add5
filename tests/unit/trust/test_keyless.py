"""Bundles with a certificate: what counts, and each way in which one does not, by its code."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import BuildFact, BuildSource
from ldmrelease.trust.dsse import LARGEST_MATERIAL, Envelope, read_wrapped
from ldmrelease.trust.identities import CertificateIdentity
from ldmrelease.trust.keyring import Keyring, Role
from tests.sigstore_instance import (
    BUNDLE_1,
    BUNDLE_2,
    BUNDLE_3,
    GITLAB,
    SIGNED,
    SigstoreInstance,
    TokenOf,
    base64_text,
    der_text,
)
from tests.unit.trust.keyless_samples import (
    OTHER,
    SIGSTORE,
    TOKEN,
    identity,
    judged,
    keyless_ring,
    provenance,
    spelled,
)
from tests.unit.trust.trust_samples import MINUTE, NOON, ROLES, RUNNER, ring, signed

ANOTHER = "sha256:" + "b" * 64
GOOD = SIGSTORE.bundle(provenance(), TOKEN)
CERTIFIED = CertificateIdentity(
    issuer=TOKEN.issuer,
    subject=TOKEN.subject,
    repository=TOKEN.repository,
    workflow=".github/workflows/build.yaml@refs/tags/1.0",
    ref=TOKEN.ref,
    commit=TOKEN.commit,
)


def code(bundle: dict[str, Any] | bytes, **context: Any) -> str | None:
    """Why it does not count."""
    found = judged(bundle, **context)
    assert found.fact.counted is (found.refusal is None)
    return found.fact.code


def edited(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The good bundle, changed."""
    bundle = copy.deepcopy(GOOD)
    change(bundle)
    return bundle


def entry(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["verificationMaterial"]["tlogEntries"][0]
    return found


class TestCounted:
    @pytest.mark.parametrize("media_type", [BUNDLE_1, BUNDLE_2, BUNDLE_3], ids=["v0.1", "v0.2", "v0.3"])
    def test_a_workflow_that_the_trust_document_names(self, media_type):
        found = judged(SIGSTORE.bundle(provenance(), TOKEN, media_type=media_type))
        assert (found.fact.counted, found.fact.signer, found.fact.roles) == (True, "lab-builds", ("ci",))
        assert found.certificate == CERTIFIED
        assert found.fact.build == BuildFact(
            TOKEN.subject,
            "https://actions.github.io/buildtypes/workflow/v1",
            (BuildSource("https://github.com/lsst/lab", str(TOKEN.commit)),),
        )

    def test_the_intake_is_its_time_and_not_that_of_the_certificate(self):
        assert judged(GOOD, received=NOON + timedelta(days=300), now=NOON + timedelta(days=300)).fact.counted

    def test_a_job_of_gitlab(self):
        project = "https://gitlab.com/lsst/lab"
        token = TokenOf(
            issuer=GITLAB,
            subject=f"{project}//.gitlab-ci.yml@refs/tags/1.0",
            repository=project,
            workflow=f"{project}//.gitlab-ci.yml@refs/tags/1.0",
        )
        builds = identity(
            issuer=GITLAB, subject=f"{project}//*", repository=project, workflow=".gitlab-ci.yml@refs/tags/*"
        )
        # GitLab's runner says sha256 of the commit.
        payload = provenance(dependency={"uri": project, "digest": {"sha256": token.commit}})
        found = judged(SIGSTORE.bundle(payload, token), keyring=keyless_ring(builds))
        assert found.fact.counted
        assert found.fact.build is not None
        assert found.fact.build.sources == (BuildSource(project, str(token.commit)),)

    def test_a_person_who_signs_by_a_mail_address(self):
        token = TokenOf("https://accounts.example", "ada@lsst.org", None, None, None, None)
        ada = identity(issuer=token.issuer, subject="ada@lsst.org", repository=None, workflow=None)
        found = judged(SIGSTORE.bundle(provenance(), token), keyring=keyless_ring(ada))
        assert found.fact.counted
        assert found.certificate == CertificateIdentity(token.issuer, "ada@lsst.org")

    def test_of_two_identities_that_fit_one_by_which_it_counts_is_enough(self):
        useless = identity(id="a", roles=("manager",))
        found = judged(GOOD, keyring=keyless_ring(useless, identity()))
        assert (found.fact.counted, found.fact.signer) == (True, "lab-builds")

    def test_a_certificate_of_before_2023_names_the_repository_without_its_host(self):
        token = TokenOf(repository=None, workflow=None, ref=None, commit=None)
        first = {"5": b"lsst/lab", "6": b"refs/tags/1.0", "3": str(TOKEN.commit).encode()}
        found = judged(
            SIGSTORE.bundle(provenance(), token, more=first), keyring=keyless_ring(identity(workflow=None))
        )
        assert found.fact.counted
        assert found.certificate is not None
        assert found.certificate.repository == "https://github.com/lsst/lab"

    def test_it_is_kept_with_its_bundle_and_one_statement_is_kept_once(self):
        envelope = read_wrapped(spelled(GOOD))
        again = read_wrapped(json.dumps(GOOD, indent=2, sort_keys=True).encode())
        assert isinstance(envelope, Envelope)
        assert isinstance(again, Envelope)
        assert envelope.kept == again.kept == canonical.encode(GOOD)
        assert judged(envelope.kept).fact.counted


class TestWhoItIs:
    @pytest.mark.parametrize(
        ("changes", "differs"),
        [
            ({"issuer": "https://gitlab.com"}, None),
            ({"subject": "https://github.com/lsst/lab/.github/workflows/other.yaml@*"}, "subject"),
            # A pattern fits the whole subject, not a part of it.
            ({"subject": "lsst/lab/.github/workflows/*"}, "subject"),
            ({"subject": "https://github.com/lsst/lab/.github/workflows/build.yaml"}, "subject"),
            ({"repository": "https://github.com/lsst/la"}, "repository"),
            ({"repository": "https://github.com/LSST/lab"}, "repository"),
            ({"workflow": ".github/workflows/build.yaml@refs/heads/*"}, "workflow"),
        ],
        ids=["issuer", "workflow-of-subject", "unanchored", "cut", "repository", "case", "ref"],
    )
    def test_another_than_the_trust_document_names(self, changes, differs):
        found = judged(GOOD, keyring=keyless_ring(identity(**changes)))
        assert (found.fact.signer, found.fact.code) == (None, "unknown-identity")
        assert found.certificate == CERTIFIED
        assert found.refusal is not None
        assert found.refusal.values["subject"] == TOKEN.subject
        assert found.refusal.values.get("differs") == (
            None if differs is None else [f"lab-builds by {differs}"]
        )

    @pytest.mark.parametrize(
        "where",
        ["https://github.com/evil-org/lab", "https://github.com/lsst-evil/lab", "https://evil.example/github.com/lsst/lab"],
        ids=["organisation", "prefix", "host"],
    )  # fmt: skip
    def test_a_repository_whose_name_is_alike(self, where):
        file = f"{where}/.github/workflows/build.yaml@refs/tags/1.0"
        token = TokenOf(subject=file, repository=where, workflow=file)
        everywhere = identity(subject="https://github.com/lsst/*", repository="https://github.com/lsst/*")
        assert (
            code(SIGSTORE.bundle(provenance(), token), keyring=keyless_ring(everywhere)) == "unknown-identity"
        )

    def test_the_subject_of_a_shared_workflow_that_another_repository_runs(self):
        token = TokenOf(repository="https://github.com/evil-org/lab")
        found = judged(SIGSTORE.bundle(provenance(), token))
        assert found.fact.code == "unknown-identity"
        assert found.refusal is not None
        assert found.refusal.values["differs"] == ["lab-builds by repository"]

    def test_a_certificate_that_does_not_name_what_is_asked_for(self):
        assert code(SIGSTORE.bundle(provenance(), TokenOf(repository=None))) == "unknown-identity"

    @pytest.mark.parametrize(
        "dependency",
        [
            {"uri": "git+https://github.com/lsst/other@refs/tags/1.0", "digest": {"gitCommit": TOKEN.commit}},
            {"uri": f"git+{TOKEN.repository}@{TOKEN.ref}", "digest": {"gitCommit": "0" * 40}},
        ],
        ids=["repository", "commit"],
    )
    def test_provenance_of_another_source_than_its_certificate_names(self, dependency):
        assert code(SIGSTORE.bundle(provenance(dependency=dependency), TOKEN)) == "other-build"

    def test_no_key_signs_for_an_identity_and_no_identity_for_a_key(self):
        assert code(signed({}, RUNNER, "provenance").to_bytes()) == "wrong-role"
        assert (
            code(GOOD, keyring=Keyring(ring().keys, ROLES, (), keyless_ring().trusted_root))
            == "unknown-identity"
        )


class TestScopeAndTime:
    def test_a_type_that_its_roles_do_not_have(self):
        bundle = SIGSTORE.bundle(provenance(type="check", predicate={}), TOKEN)
        found = judged(bundle)
        assert (found.fact.signer, found.fact.code) == ("lab-builds", "wrong-role")
        assert found.refusal is not None
        assert (found.refusal.values["identity"], found.refusal.values["person"]) == ("lab-builds", "ci")

    def test_an_environment_that_its_roles_do_not_have(self):
        role = Role("elsewhere", ("check",), ("base",), ("*",))
        builds = identity(roles=("elsewhere",))
        keyring = Keyring(ring().keys, (*ROLES, role), (builds,), keyless_ring().trusted_root)
        payload = provenance(type="check", predicate={"ldmreleaseRun": {"environment": {"name": "summit"}}})
        assert code(SIGSTORE.bundle(payload, TOKEN), keyring=keyring) == "wrong-environment"

    def test_a_repository_that_its_roles_do_not_have(self):
        assert code(GOOD, repository="ghcr.io/elsewhere/lab") == "wrong-repository"

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"compromised_since": NOON + 5 * MINUTE}, "identity-compromised"),
            ({"not_after": NOON + 5 * MINUTE}, "identity-expired"),
            ({"not_before": NOON + 20 * MINUTE}, "identity-not-yet-valid"),
        ],
        ids=["compromised", "expired", "early"],
    )
    def test_taken_in_when_the_identity_does_not_count_though_it_was_signed_before(self, changes, expected):
        found = judged(GOOD, keyring=keyless_ring(identity(**changes)))
        assert (found.fact.signer, found.fact.code) == (None, expected)


class TestProofs:
    def test_of_another_instance_than_the_trusted_root_names(self):
        assert code(OTHER.bundle(provenance(), TOKEN)) == "bad-certificate"

    @pytest.mark.parametrize(
        ("stranger", "expected"),
        [("rekor", "bad-log-entry"), ("ct_log", "bad-sct")],
        ids=["log-of-signatures", "log-of-certificates"],
    )
    def test_a_log_whose_key_is_not_in_the_trusted_root(self, stranger, expected):
        strange = SigstoreInstance(root=SIGSTORE.root, intermediate=SIGSTORE.intermediate)
        mixed = SigstoreInstance(
            root=SIGSTORE.root,
            intermediate=SIGSTORE.intermediate,
            rekor=SIGSTORE.rekor,
            ct_log=SIGSTORE.ct_log,
        )
        setattr(mixed, stranger, getattr(strange, stranger))
        assert code(mixed.bundle(provenance(), TOKEN)) == expected

    def test_logged_after_the_certificate_had_expired(self):
        late = SIGSTORE.bundle(provenance(), TOKEN, logged=SIGNED + timedelta(hours=1))
        assert code(late) == "certificate-expired"

    def test_logged_before_the_certificate_counted(self):
        early = SIGSTORE.bundle(provenance(), TOKEN, logged=SIGNED - timedelta(hours=1))
        assert code(early) == "certificate-expired"

    def test_signed_when_the_trusted_root_had_no_such_authority(self):
        ended = SigstoreInstance(
            end=SIGNED - timedelta(days=1),
            root=SIGSTORE.root,
            intermediate=SIGSTORE.intermediate,
            rekor=SIGSTORE.rekor,
            ct_log=SIGSTORE.ct_log,
        )
        assert code(GOOD, keyring=keyless_ring(instance=ended)) == "not-in-trusted-root"

    def test_a_certificate_for_something_else_than_signing(self):
        bundle = SIGSTORE.bundle(provenance(), TOKEN, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        assert code(bundle) == "bad-bundle"

    @pytest.mark.parametrize(
        "value", [b"", b"\x0c", b"\x0c\x85", b"\x0c\x05abc", b"\x04\x03abc", b"\x0c\x02\xff\xfe"],
        ids=["nothing", "no-length", "cut-length", "too-short", "no-text", "no-utf8"],
    )  # fmt: skip
    def test_an_extension_that_cannot_be_read(self, value):
        assert code(SIGSTORE.bundle(provenance(), TOKEN, more={"12": value})) == "bad-bundle"

    def test_a_long_extension_is_read(self):
        where = "https://github.com/lsst/" + "l" * 200
        token = TokenOf(repository=where)
        found = judged(SIGSTORE.bundle(provenance(), token), keyring=keyless_ring(identity(repository=where)))
        assert found.certificate is not None
        assert found.certificate.repository == where
        assert len(der_text(where)) > 128

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda b: b["verificationMaterial"].pop("tlogEntries"), "no-log-entry"),
            (lambda b: b["verificationMaterial"]["tlogEntries"].append(entry(b)), "no-log-entry"),
            (lambda b: entry(b).pop("inclusionProof"), "bad-bundle"),
            (lambda b: entry(b)["inclusionProof"].pop("checkpoint"), "bad-bundle"),
            (lambda b: entry(b).pop("inclusionPromise"), "bad-bundle"),
            (lambda b: entry(b)["inclusionProof"]["hashes"].pop(), "bad-log-entry"),
            (lambda b: entry(b)["inclusionProof"]["hashes"].reverse(), "bad-log-entry"),
            (lambda b: entry(b)["inclusionProof"].update(logIndex="3"), "bad-log-entry"),
            (lambda b: entry(b)["inclusionProof"].update(rootHash=base64_text(b"0" * 32)), "bad-log-entry"),
            (lambda b: _note(b, "\n7\n", "\n8\n"), "bad-log-entry"),
            (lambda b: _note(b, "\n\n", "\n"), "bad-log-entry"),
            (lambda b: entry(b).update(integratedTime=str(int(SIGNED.timestamp()) + 60)), "bad-log-entry"),
            (lambda b: entry(b)["kindVersion"].update(version="0.0.9"), "unsupported-log-entry"),
            (lambda b: entry(b)["kindVersion"].update(kind="intoto"), "unsupported-log-entry"),
            (lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle.v9+json"), "bad-bundle"),
            (lambda b: b["verificationMaterial"]["certificate"].update(rawBytes="AAAA"), "bad-bundle"),
            (lambda b: b["verificationMaterial"].update(certificate=[]), "bad-bundle"),
            (lambda b: b["dsseEnvelope"].update(payload=base64_text(provenance(subject=ANOTHER))), "bad-signature"),
            (lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=base64_text(b"0" * 70)), "bad-signature"),
            (lambda b: b["dsseEnvelope"]["signatures"].extend(b["dsseEnvelope"]["signatures"]), "several-signatures"),
            (lambda b: b["dsseEnvelope"].update(signatures=[]), "unsigned"),
            (lambda b: b.update(more=1), "unknown-field"),
            (lambda b: b["verificationMaterial"].update(more="x" * LARGEST_MATERIAL), "too-large"),
        ],
        ids=[
            "no-entry", "two-entries", "no-proof", "no-checkpoint", "no-promise", "short-proof", "other-path",
            "other-index", "other-root", "other-size", "no-note", "other-time", "other-version", "intoto",
            "media-type", "no-certificate", "empty-certificate", "other-payload", "other-signature",
            "two-signatures", "no-signature", "field", "oversize",
        ],
    )  # fmt: skip
    def test_what_was_edited(self, change, expected):
        assert code(edited(change)) == expected

    def test_the_entry_of_another_statement(self):
        other = SIGSTORE.bundle(provenance(subject=ANOTHER), TOKEN)
        swapped = edited(lambda b: b["verificationMaterial"].update(tlogEntries=[entry(other)]))
        assert code(swapped) == "other-log-entry"

    def test_the_certificate_of_another_statement(self):
        other = SIGSTORE.bundle(provenance(), TOKEN)
        own = other["verificationMaterial"]["certificate"]
        assert code(edited(lambda b: b["verificationMaterial"].update(certificate=own))) == "bad-signature"

    def test_a_key_of_the_keyring_does_not_help_a_bundle_whose_certificate_does_not_count(self):
        envelope = json.loads(RUNNER.sign("application/vnd.in-toto+json", provenance()).to_bytes())
        assert code(edited(lambda b: b.update(dsseEnvelope=envelope))) == "bad-signature"


def _note(bundle: dict[str, Any], old: str, new: str) -> None:
    checkpoint = entry(bundle)["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] = checkpoint["envelope"].replace(old, new)


class TestWithout:
    def test_the_library(self, monkeypatch):
        for name in [each for each in sys.modules if each.partition(".")[0] == "sigstore"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "sigstore", None)
        found = judged(GOOD)
        assert (found.fact.counted, found.fact.code, found.certificate) == (False, "needs-sigstore", None)

    def test_a_trusted_root(self):
        keyring = Keyring(ring().keys, ROLES, (identity(),))
        assert code(GOOD, keyring=keyring) == "no-trusted-root"

    def test_a_certificate_a_bundle_is_read_as_before(self):
        envelope = signed({}, RUNNER, "provenance")
        plain = {"mediaType": BUNDLE_3, "verificationMaterial": {"publicKey": {"hint": ""}}}
        read = read_wrapped(spelled({**plain, "dsseEnvelope": envelope.to_dict()}))
        assert read == envelope
        assert isinstance(read, Envelope)
        assert read.kept == envelope.to_bytes()
