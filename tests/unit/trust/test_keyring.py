"""The keyring: mistakes in the trust document are named; keys count in their time; roles in their scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.dsse import Envelope, Signature
from ldmrelease.trust.keyring import Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import generate
from ldmrelease.trust.verify import Rejected, VerifiedPayload, verify
from tests.unit.trust.trust_samples import BIRTH, CI, LAB, MANAGER, NOON, RUNNER, STRANGER, ring

SECOND = timedelta(seconds=1)


def code(found: object) -> str:
    assert isinstance(found, Rejected)
    return found.code


class TestTheDocument:
    def test_a_key_is_found_by_its_fingerprint_and_name(self):
        keyring = ring()
        assert keyring.find(CI.keyid) == keyring.named("ci-2023")
        assert keyring.find(STRANGER.keyid) is None
        assert keyring.named("nobody") is None

    def test_the_digest_ignores_order_and_spelling(self):
        keyring = ring()
        turned = Keyring(keyring.keys[::-1], keyring.roles[::-1])
        assert turned.digest == keyring.digest
        loose = make_key(
            "a", "\n" + CI.public_pem.strip(), "ann", roles=(), not_before=BIRTH.replace(microsecond=5)
        )
        assert loose == make_key("a", CI.public_pem, "ann", roles=(), not_before=BIRTH)

    def test_the_digest_tells_a_revocation(self):
        assert ring(compromised_since=NOON).digest != ring().digest

    @pytest.mark.parametrize("types", [(), ("*",), ("check", "p*")])
    def test_a_role_names_its_types(self, types):
        with pytest.raises(ValueError, match="role 'r'"):
            Role("r", types)

    def test_a_key_of_another_kind_is_named(self):
        public = rsa.generate_private_key(65537, 2048).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(ValueError, match="key 'old': the key is neither"):
            make_key("old", pem, "ann", roles=(), not_before=BIRTH)

    def test_what_is_no_key_is_named(self):
        with pytest.raises(ValueError, match="key 'old': not a public key"):
            make_key("old", "hello", "ann", roles=(), not_before=BIRTH)

    @pytest.mark.parametrize(
        "times",
        [
            {"not_before": datetime(2023, 1, 1)},
            {"not_before": BIRTH, "not_after": datetime(2024, 1, 1)},
            {"not_before": BIRTH, "not_after": BIRTH},
        ],
    )
    def test_bad_times_are_named(self, times):
        with pytest.raises(ValueError, match="key 'ci'"):
            make_key("ci", CI.public_pem, "ci", roles=(), **times)

    def test_a_role_must_exist(self):
        key = make_key("ci", CI.public_pem, "ci", roles=("boss",), not_before=BIRTH)
        with pytest.raises(ValueError, match="key 'ci': there is no role 'boss'"):
            Keyring((key,))

    def test_names_and_fingerprints_stand_once(self):
        key = make_key("ci", CI.public_pem, "ci", roles=(), not_before=BIRTH)
        same_key = make_key("other", CI.public_pem, "ann", roles=(), not_before=BIRTH)
        same_name = make_key("ci", RUNNER.public_pem, "ann", roles=(), not_before=BIRTH)
        with pytest.raises(ValueError, match="fingerprint of a key twice"):
            Keyring((key, same_key))
        with pytest.raises(ValueError, match="'ci' is the name of a key twice"):
            Keyring((key, same_name))
        with pytest.raises(ValueError, match="'r' is the name of a role twice"):
            Keyring((), (Role("r", ("check",)), Role("r", ("pin",))))


class TestTheSigner:
    def test_the_key_id_leads_to_the_key(self):
        found = verify(RUNNER.sign("t", b"p"), ring(), at=NOON)
        assert isinstance(found, VerifiedPayload)
        assert (found.payload, found.key.person) == (b"p", "runner@summit")

    def test_without_a_key_id_all_keys_are_tried(self):
        value = RUNNER.sign("t", b"p").signatures[0].value
        found = verify(Envelope("t", b"p", (Signature(None, value),)), ring(), at=NOON)
        assert isinstance(found, VerifiedPayload)
        assert found.key.id == "summit-2023"

    def test_ed25519_is_known(self):
        signer = generate(KeyKind.ED25519)
        keyring = Keyring((make_key("k", signer.public_pem, "ann", roles=(), not_before=BIRTH),))
        assert isinstance(verify(signer.sign("t", b"p"), keyring, at=NOON), VerifiedPayload)

    def test_a_stranger_is_unknown(self):
        envelope = STRANGER.sign("t", b"p")
        found = verify(envelope, ring(), at=NOON)
        assert found == Rejected("unknown-key", {"keyid": STRANGER.keyid})
        nameless = Envelope("t", b"p", (Signature(None, envelope.signatures[0].value),))
        assert code(verify(nameless, ring(), at=NOON)) == "unknown-key"

    def test_another_payload_or_a_borrowed_key_id_is_a_bad_signature(self):
        value = RUNNER.sign("t", b"p").signatures[0].value
        for envelope in (
            Envelope("t", b"q", (Signature(RUNNER.keyid, value),)),
            Envelope("u", b"p", (Signature(RUNNER.keyid, value),)),
            Envelope("t", b"p", (Signature(CI.keyid, value),)),
            Envelope("t", b"p", (Signature(CI.keyid, b"junk"),)),
        ):
            assert code(verify(envelope, ring(), at=NOON)) == "bad-signature"

    def test_exactly_one_signature_counts(self):
        signature = RUNNER.sign("t", b"p").signatures[0]
        assert code(verify(Envelope("t", b"p", ()), ring(), at=NOON)) == "unsigned"
        assert code(verify(Envelope("t", b"p", (signature,) * 2), ring(), at=NOON)) == "several-signatures"


class TestItsTime:
    @pytest.mark.parametrize(
        ("key", "at", "expected"),
        [
            ({"not_before": NOON}, NOON - SECOND, "key-not-yet-valid"),
            ({"not_after": NOON}, NOON + SECOND, "key-expired"),
            ({"compromised_since": NOON}, NOON, "key-compromised"),
            ({"compromised_since": NOON}, NOON + SECOND, "key-compromised"),
        ],
    )
    def test_the_intake_decides_and_the_bound_is_named(self, key, at, expected):
        found = verify(RUNNER.sign("t", b"p"), ring(**key), at=at)
        assert code(found) == expected
        assert isinstance(found, Rejected)
        assert found.values["key"] == "summit-2023"
        assert "2023-04-21T12:00:00Z" in found.values.values()

    @pytest.mark.parametrize(
        ("key", "at"),
        [
            ({"not_before": NOON}, NOON),
            ({"not_after": NOON}, NOON),
            ({"compromised_since": NOON}, NOON - SECOND),
        ],
    )
    def test_the_bounds_themselves(self, key, at):
        assert isinstance(verify(RUNNER.sign("t", b"p"), ring(**key), at=at), VerifiedPayload)


class TestItsScope:
    def entitled(self, name: str, type: str, **where):
        keyring = ring()
        key = keyring.named(name)
        assert key is not None
        return entitled_roles(type, key, keyring, **where)

    def test_inside_all_three(self):
        roles = self.entitled("summit-2023", "check", environments=("summit",), repositories=(LAB,))
        assert [each.name for each in roles] == ["runner-summit"]

    def test_a_type_that_no_role_has(self):
        found = self.entitled("ci-2023", "pin")
        assert found == Rejected(
            "wrong-role", {"key": "ci-2023", "person": "ci", "type": "pin", "roles": ["ci"]}
        )

    def test_another_environment(self):
        found = self.entitled("dev", "check", environments=("summit",), repositories=(LAB,))
        assert isinstance(found, Rejected)
        assert found.code == "wrong-environment"
        assert (found.values["environments"], found.values["scope"]) == (["summit"], ["usdfdev"])

    def test_one_of_several_environments(self):
        assert (
            code(self.entitled("ann", "request", environments=("summit", "usdfdev"))) == "wrong-environment"
        )
        assert self.entitled("ann", "request", environments=("summit", "base"))

    def test_another_repository(self):
        found = self.entitled("ci-2023", "provenance", repositories=("docker.io/evil/sciplat-lab",))
        assert isinstance(found, Rejected)
        assert found.code == "wrong-repository"
        assert (found.values["repositories"], found.values["scope"]) == (
            ["docker.io/evil/sciplat-lab"],
            ["ghcr.io/lsst/*"],
        )

    def test_leaving_out_the_environment_widens_nothing(self):
        assert code(self.entitled("dev", "check", repositories=(LAB,))) == "wrong-environment"
        everywhere = Role("any", ("check",), ("*",), ("*",))
        key = make_key("k", MANAGER.public_pem, "ann", roles=("any",), not_before=BIRTH)
        assert entitled_roles("check", key, Keyring((key,), (everywhere,))) == (everywhere,)

    def test_environments_are_names_not_patterns(self):
        assert not Role("r", ("check",), ("sum*",)).speaks_for("summit")

    def test_a_time_zone_is_normalised(self):
        zoned = datetime.fromisoformat("2023-01-01T02:00:00+02:00")
        assert make_key("a", CI.public_pem, "a", roles=(), not_before=zoned).not_before == BIRTH
        assert make_key("a", CI.public_pem, "a", roles=(), not_before=zoned).not_before.tzinfo is UTC
