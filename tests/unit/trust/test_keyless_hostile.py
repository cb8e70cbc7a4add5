"""Bundles with a certificate that are no such thing: whatever stands in them is a code, and never an exception."""

from __future__ import annotations

import base64
import copy
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ldmrelease.trust.dsse import LARGEST_MATERIAL, Malformed, read_wrapped
from tests.sigstore_instance import (
    base64_text,
)
from tests.unit.trust.keyless_samples import (
    SIGSTORE,
    TOKEN,
    judged,
    provenance,
    spelled,
)

GOOD = SIGSTORE.bundle(provenance(), TOKEN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=8) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
PLACES = [
    ("verificationMaterial",),
    ("verificationMaterial", "certificate"),
    ("verificationMaterial", "certificate", "rawBytes"),
    ("verificationMaterial", "x509CertificateChain"),
    ("verificationMaterial", "tlogEntries"),
    ("verificationMaterial", "tlogEntries", 0),
    *(
        ("verificationMaterial", "tlogEntries", 0, name)
        for name in ("logIndex", "logId", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody")
    ),
    *(
        ("verificationMaterial", "tlogEntries", 0, "inclusionProof", name)
        for name in ("logIndex", "rootHash", "treeSize", "hashes", "checkpoint")
    ),
    ("dsseEnvelope",),
    ("mediaType",),
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_somewhere_in_a_bundle_is_a_code_and_no_exception(place, value):
    bundle = copy.deepcopy(GOOD)
    within: Any = bundle
    for each in place[:-1]:
        within = within[each]
    assume(within.get(place[-1]) != value if isinstance(within, dict) else True)
    within[place[-1]] = value
    found = judged(bundle)
    assert not found.fact.counted
    assert found.fact.code


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_bit_of_the_certificate_that_was_turned_is_a_code(at, bit):
    bundle = copy.deepcopy(GOOD)
    raw = bytearray(base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"]))
    raw[at % len(raw)] ^= 1 << bit
    bundle["verificationMaterial"]["certificate"]["rawBytes"] = base64_text(bytes(raw))
    assert not judged(bundle).fact.counted


def test_too_large_is_told_with_the_limit():
    found = read_wrapped(
        spelled(
            {**GOOD, "verificationMaterial": {**GOOD["verificationMaterial"], "more": "x" * LARGEST_MATERIAL}}
        )
    )
    assert isinstance(found, Malformed)
    assert str(LARGEST_MATERIAL) in found.detail
