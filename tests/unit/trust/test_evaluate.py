"""From bytes to facts: what counts, what is only seen and why, and that no bytes make it raise."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.predicates.summary import bundle
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.trust.evaluate import statement_fact
from tests.unit.trust.trust_samples import (
    CHECK_DIGEST,
    CI,
    DECLARED,
    IMAGE,
    LAB,
    MINUTE,
    NOON,
    RUNNER,
    RUNNER_DEV,
    STRANGER,
    fact,
    payload,
    result_predicate,
    ring,
    seen,
    signed,
)

PASS = signed(result_predicate())


def edited(**changes: Any) -> bytes:
    """A signed statement with other fields than ours would have."""
    plain = json.loads(payload(result_predicate())) | changes
    return RUNNER.sign(PAYLOAD_TYPE, json.dumps(plain).encode()).to_bytes()


def receipt(resource: str) -> dict[str, Any]:
    return {"resourceUri": resource, "timeVerified": "2023-04-21T12:00:00Z"}


class TestCounted:
    def test_a_pass_in_its_scope(self):
        raw = PASS.to_bytes()
        assert fact(PASS) == StatementFact(
            evidence=canonical.digest(PASS.payload),
            blob=canonical.digest(raw),
            type="check",
            subjects=(IMAGE,),
            signer="summit-2023",
            roles=("runner-summit",),
            counted=True,
            code=None,
            received=NOON + 10 * MINUTE,
            claimed=NOON + MINUTE,
            check="smoke",
            check_digest=CHECK_DIGEST,
            result="PASSED",
            run="r1",
            environment="summit",
        )

    def test_a_bundle_is_the_same_evidence(self):
        wrapped = fact(bundle(PASS.to_dict(), RUNNER.keyid))
        assert wrapped.counted
        assert wrapped.evidence == fact(PASS).evidence

    def test_a_failure_names_its_tests(self):
        found = fact(signed(result_predicate("FAILED")))
        assert (found.counted, found.result, found.failed_tests) == (True, "FAILED", ("butler",))

    @pytest.mark.parametrize(
        ("type", "signer", "predicate"),
        [
            ("provenance", CI, {"runDetails": {"metadata": {"startedOn": "2023-04-21T12:00:00Z"}}}),
            ("provenance", CI, {"runDetails": 7}),
            ("sbom", CI, {"metadata": {"timestamp": "2023-04-21T12:00:00Z"}}),
            ("sbom", CI, {}),
            ("receipt", RUNNER, receipt(f"oci://{LAB}?environment=summit")),
        ],
    )
    def test_other_types_count_too(self, type, signer, predicate):
        found = fact(signed(predicate, signer, type))
        assert (found.counted, found.type, found.code, found.check) == (True, type, None, None)

    def test_a_pass_wrapped_twice_is_one_piece_of_evidence(self):
        other = signed(result_predicate())
        assert other.to_bytes() != PASS.to_bytes()
        assert fact(other).evidence == fact(PASS).evidence
        assert fact(other).blob != fact(PASS).blob

    def test_what_is_about_a_release_is_in_no_repository(self):
        assert fact(PASS, repository=None).counted


class TestErrored:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"failedTests": ["other"]}, "passed-with-failed"),
            ({"passedTests": []}, "tests-not-run"),
            ({"configuration": []}, "no-check"),
        ],
    )
    def test_a_contradiction_counts_as_errored(self, changes, code):
        found = fact(signed(result_predicate() | changes))
        assert (found.counted, found.result, found.code) == (True, "ERRORED", code)

    def test_a_check_that_is_not_declared_proves_nothing(self):
        found = fact(PASS, checks={})
        assert (found.result, found.code) == ("ERRORED", "no-declared-tests")

    def test_the_future_is_errored(self):
        found = seen(PASS, received=NOON - 5 * MINUTE)
        assert (found.fact.counted, found.fact.code, found.fact.result) == (False, "future", "ERRORED")
        assert found.refusal is not None
        assert found.refusal.values["claimed"] == "2023-04-21T12:01:00Z"

    def test_an_intake_in_the_future_is_errored(self):
        found = fact(PASS, received=NOON + 10 * MINUTE, now=NOON)
        assert (found.counted, found.code, found.result) == (False, "future", "ERRORED")

    def test_five_minutes_are_forgiven(self):
        assert fact(PASS, received=NOON - 4 * MINUTE).counted

    def test_the_future_of_what_is_no_check_has_no_result(self):
        scan = signed({"metadata": {"timestamp": "2024-04-21T12:00:00Z"}}, CI, "sbom")
        assert (fact(scan).code, fact(scan).result) == ("future", None)


class TestSeenNotCounted:
    @pytest.mark.parametrize(
        ("data", "context", "code"),
        [
            (signed(result_predicate(), CI), {}, "wrong-role"),
            (signed(result_predicate(), RUNNER_DEV), {}, "wrong-environment"),
            (signed(result_predicate(environment=None), RUNNER_DEV), {}, "wrong-environment"),
            (signed(result_predicate(), STRANGER), {}, "unknown-key"),
            (PASS, {"repository": "docker.io/evil/sciplat-lab"}, "wrong-repository"),
            (PASS, {"keyring": ring(not_after=NOON)}, "key-expired"),
            (PASS, {"keyring": ring(compromised_since=NOON)}, "key-compromised"),
            (PASS, {"keyring": ring(not_before=NOON + timedelta(days=1))}, "key-not-yet-valid"),
        ],
    )
    def test_it_keeps_what_it_says_and_why_it_does_not_count(self, data, context, code):
        found = seen(data, **context)
        assert (found.fact.counted, found.fact.code, found.fact.roles) == (False, code, ())
        assert (found.fact.type, found.fact.subjects, found.fact.result) == ("check", (IMAGE,), "PASSED")
        assert found.refusal is not None
        assert found.refusal.code == code
        assert found.refusal.values

    @pytest.mark.parametrize(
        ("resource", "repository", "code"),
        [
            (f"oci://{LAB}?environment=usdfdev", LAB, "wrong-environment"),
            (f"oci://{LAB}?environment=summit", LAB + "-copy", "other-resource"),
            ("oci://[", LAB, "other-resource"),
            (f"https://{LAB}?environment=summit", LAB, "other-resource"),
            (f"oci://{LAB}", "ghcr.io/lsst/other", "other-resource"),
        ],
    )
    def test_a_receipt_for_another_place_or_repository(self, resource, repository, code):
        assert fact(signed(receipt(resource), RUNNER, "receipt"), repository=repository).code == code

    def test_a_receipt_of_a_release_has_no_repository(self):
        found = fact(signed(receipt(f"oci://{LAB}?environment=summit"), RUNNER, "receipt"), repository=None)
        assert found.counted

    @pytest.mark.parametrize("repository", [None, LAB])
    def test_a_statement_put_beside_one_image_about_another(self, repository):
        # Its signer may write to one repository, and names the digest of another one's image.
        found = fact(PASS, repository=repository, subjects={IMAGE: ("docker.io/prod/sciplat-lab",)})
        assert (found.counted, found.code) == (False, "wrong-repository")
        assert fact(PASS, repository=repository, subjects={IMAGE: (LAB,)}).counted

    @pytest.mark.parametrize("time", ["soon", 7, "2023-04-21T12:00:00", "9999-12-31T23:59:59-23:59"])
    def test_a_time_that_cannot_be_read(self, time):
        found = fact(signed({"metadata": {"timestamp": time}}, CI, "sbom"))
        assert (found.counted, found.code, found.claimed) == (False, "bad-time", None)


class TestUnreadable:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "malformed"),
            (b"{}", "malformed"),
            (RUNNER.sign("text/plain", PASS.payload).to_bytes(), "wrong-type"),
            (RUNNER.sign(PAYLOAD_TYPE, b"{}").to_bytes(), "not-a-statement"),
            (RUNNER.sign(PAYLOAD_TYPE, b"[" * 10_000).to_bytes(), "malformed"),
            (edited(extra=1), "unknown-field"),
            (edited(subject=[]), "no-subject"),
            (edited(subject=[{"name": "x", "digest": {"sha256": "a" * 64}, "uri": "x"}]), "unknown-field"),
            (edited(subject=[{"name": "x", "digest": {"sha256": "G" * 64}}]), "bad-digest"),
            (edited(subject=[{"name": "x", "digest": {"sha256": "A" * 64}}]), "bad-digest"),
            (edited(subject=[{"name": "x", "digest": {"sha256": "a"}}]), "bad-digest"),
            (edited(subject=[{"name": "x"}] * 2000), "too-many-subjects"),
            (edited(predicate={"result": "\ud800"}), "malformed"),
            (edited(predicate={"score": 9.8}), "malformed"),
        ],
    )
    def test_it_is_seen_with_its_code(self, data, code):
        found = seen(data)
        assert (found.fact.counted, found.fact.code) == (False, code)
        assert (found.fact.type, found.fact.subjects, found.fact.signer) == ("unreadable", (), None)
        assert found.refusal is not None

    def test_a_duplicate_key_in_the_statement(self):
        text = PASS.payload.replace(b'{"_type"', b'{"predicateType":"x","_type"', 1)
        assert fact(RUNNER.sign(PAYLOAD_TYPE, text)).code == "malformed"

    def test_two_signatures(self):
        plain = PASS.to_dict()
        plain["signatures"] *= 2
        assert fact(json.dumps(plain).encode()).code == "several-signatures"

    def test_a_hex_key_id(self):
        plain = PASS.to_dict()
        plain["signatures"][0]["keyid"] = "ab" * 32
        assert fact(json.dumps(plain).encode()).code == "bad-keyid"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["smoke", "PASSED"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
times_like = st.sampled_from(["2023-04-21T12:00:00Z", "0001-01-01T00:00:00+23:59", "x", None, 7])
configurations = st.fixed_dictionaries({"name": st.text(), "digest": json_values})
runs = st.fixed_dictionaries(
    {"runId": st.text(), "environment": json_values, "startedOn": times_like, "finishedOn": times_like}
)
predicates = json_values | st.fixed_dictionaries(
    {},
    optional={
        "result": st.sampled_from(["PASSED", "WARNED", "FAILED", "x"]) | json_values,
        "configuration": st.lists(st.fixed_dictionaries({"name": st.text(), "digest": json_values}))
        | json_values,
        "passedTests": st.lists(st.sampled_from(["imports", "butler"])) | json_values,
        "failedTests": st.lists(st.text()) | json_values,
        "resourceUri": st.text() | json_values,
        "timeVerified": times_like,
        "metadata": st.fixed_dictionaries({"timestamp": times_like}),
        "ldmreleaseRun": st.fixed_dictionaries(
            {
                "runId": st.text(),
                "environment": json_values,
                "startedOn": times_like,
                "finishedOn": times_like,
            }
        )
        | json_values,
    },
)


class TestHostileBytes:
    def taken_in(self, data: bytes) -> StatementFact:
        found = statement_fact(
            data,
            blob=canonical.digest(data),
            keyring=ring(),
            received=NOON,
            now=NOON,
            repository=LAB,
            checks=DECLARED,
        )
        canonical.encode(found)
        return found

    @given(st.binary())
    def test_random_bytes_do_not_count(self, data):
        assert not self.taken_in(data).counted

    @given(json_values)
    def test_random_json_does_not_count(self, value):
        assert not self.taken_in(json.dumps(value).encode()).counted

    @given(st.binary())
    def test_a_signed_payload_of_random_bytes_does_not_count(self, data):
        assert not self.taken_in(RUNNER.sign(PAYLOAD_TYPE, data).to_bytes()).counted

    @given(
        predicates,
        st.sampled_from(
            [
                "https://in-toto.io/attestation/test-result/v0.1",
                "https://slsa.dev/verification_summary/v1",
                "https://cyclonedx.org/bom",
            ]
        ),
    )
    def test_a_signed_statement_with_any_predicate_is_a_fact(self, predicate, type):
        found = self.taken_in(edited(predicate=predicate, predicateType=type))
        assert found.code is not None or found.counted

    @given(st.integers(0, 4000), st.integers(1, 255))
    def test_one_changed_byte_never_counts(self, where, change):
        raw = bytearray(PASS.to_bytes())
        raw[where % len(raw)] ^= change
        found = self.taken_in(bytes(raw))
        # A change can only be one that is not signed: a key id that becomes an absent one.
        assert not found.counted or json.loads(raw)["payload"] == base64.b64encode(PASS.payload).decode()
