"""Versions of a trust document follow from each other by signatures, or they do not."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.trust.root_chain import (
    TRUST_TYPE,
    TrustVersion,
    VerifiedChain,
    link_fault,
    missing_signatures,
    read_version,
    verify_chain,
    with_signature,
)
from ldmrelease.trust.signer import generate
from tests.examples import examples

KEYS = {name: generate() for name in ("ada", "ada-2", "grace", "joan", "mallory")}
PERSONS = {"ada-2": "ada"}


def version(
    number: int,
    roots: Sequence[str],
    by: Sequence[str] = (),
    *,
    threshold: int = 1,
    start: str = "2024-01-01",
    note: str = "",
) -> TrustVersion:
    """A version with these root keys, signed by those keys."""
    keys = {
        name: {"public": KEYS[name].public_pem, "person": PERSONS.get(name, name), "not-before": start}
        for name in KEYS
    }
    document = {
        "version": number,
        "keys": keys,
        "root": {"keys": list(roots), "threshold": threshold},
        "note": note,
    }
    found = read_version(canonical.encode(document))
    return replace(found, envelopes=tuple(KEYS[each].sign(TRUST_TYPE, found.payload) for each in by))


def code(before: TrustVersion | None, now: TrustVersion) -> str | None:
    fault = link_fault(before, now)
    return None if fault is None else fault.code


FIRST = version(1, ["ada"], ["ada"])


def test_the_first_version_is_signed_by_its_own_root_keys() -> None:
    assert code(None, FIRST) is None
    assert code(None, version(1, ["ada"], ["mallory"])) == "signatures-missing"
    assert code(None, version(1, ["ada"])) == "signatures-missing"


def test_a_version_signed_by_the_old_root_keys_alone_or_by_the_new_ones_alone_does_not_follow() -> None:
    assert code(FIRST, version(2, ["grace"], ["ada"])) == "signatures-missing"
    assert code(FIRST, version(2, ["grace"], ["grace"])) == "signatures-missing"
    assert code(FIRST, version(2, ["grace"], ["ada", "grace"])) is None


def test_fewer_signatures_than_the_threshold_do_not_do() -> None:
    roots = ["ada", "grace", "joan"]
    first = version(1, roots, ["ada", "grace"], threshold=2)
    assert code(None, first) is None
    one = version(2, roots, ["joan"], threshold=2)
    assert code(first, one) == "signatures-missing"
    assert missing_signatures(first, one) == 1
    assert code(first, version(2, roots, ["joan", "ada"], threshold=2)) is None


def test_two_root_keys_of_one_person_count_once() -> None:
    roots = ["ada", "ada-2", "grace"]
    assert code(None, version(1, roots, ["ada", "ada-2"], threshold=2)) == "signatures-missing"
    assert code(None, version(1, roots, ["ada-2", "grace"], threshold=2)) is None


def test_a_signature_that_was_made_for_another_version_says_nothing() -> None:
    second = version(2, ["ada"], ["ada"])
    moved = replace(version(2, ["ada"], note="another"), envelopes=second.envelopes)
    assert code(FIRST, moved) == "signatures-missing"
    third = replace(version(3, ["ada"]), envelopes=second.envelopes)
    assert code(second, third) == "signatures-missing"


def test_a_version_that_leaves_one_out_does_not_follow() -> None:
    assert code(FIRST, version(3, ["ada"], ["ada"])) == "version-gap"
    assert code(FIRST, version(1, ["ada"], ["ada"], note="another")) == "version-gap"


def test_a_back_dated_not_before_does_not_follow_whoever_signs_it() -> None:
    assert code(FIRST, version(2, ["ada"], ["ada"], start="2023-12-31T23:59:59Z")) == "back-dated-key"
    assert code(FIRST, version(2, ["ada"], ["ada"], start="2024-02-01")) is None


def test_a_document_without_root_keys_is_nobodys() -> None:
    plain = {"version": 1, "keys": {}}
    assert code(None, read_version(canonical.encode(plain))) == "no-root"


def test_an_envelope_of_another_kind_says_nothing() -> None:
    bare = version(1, ["ada"])
    other = KEYS["ada"].sign("application/vnd.ldmrelease.record.v1+json", bare.payload)
    assert code(None, replace(bare, envelopes=(other,))) == "signatures-missing"


def test_signing_again_replaces_the_own_signature_and_a_changed_document_drops_those_of_others() -> None:
    now = version(2, ["ada", "grace"], threshold=2)
    once = with_signature(VerifiedChain((FIRST,)), now, KEYS["ada"])
    pending = verify_chain(once)
    assert pending.broken is not None
    assert len(with_signature(pending, now, KEYS["ada"])[-1].envelopes) == 1
    assert verify_chain(with_signature(pending, now, KEYS["grace"])).broken is None
    changed = version(2, ["ada", "grace"], threshold=2, note="changed")
    assert len(with_signature(pending, changed, KEYS["grace"])[-1].envelopes) == 1


NAMES = st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=3)


@st.composite
def chains(draw: st.DrawFn) -> list[TrustVersion]:
    """Versions in a row that often follow, and sometimes do not."""
    found, number = [], 1
    for _ in range(draw(st.integers(1, 4))):
        roots = draw(NAMES.filter(bool))
        by = draw(st.one_of(NAMES, st.just(sorted(KEYS))))
        found.append(version(number, roots, by, threshold=draw(st.integers(1, 2))))
        number += draw(st.sampled_from([1, 1, 1, 1, 2, 0]))
    return found


@settings(max_examples=examples(100), deadline=None)
@given(chains())
def test_a_chain_is_accepted_if_and_only_if_each_of_its_links_is(chain: list[TrustVersion]) -> None:
    links = [link_fault(before, now) for before, now in zip([None, *chain], chain, strict=False)]
    found = verify_chain(chain)
    assert (found.broken is None) == all(each is None for each in links)
    good = next((index for index, each in enumerate(links) if each is not None), len(chain))
    assert found.versions == tuple(chain[:good])
