"""Statements beside an image: limits that hold before anything is read, and many of them read side by side."""

import pytest

from ldmrelease.domain.images import digest_of
from ldmrelease.registry import envelopes
from ldmrelease.registry.envelopes import Budget, referring_envelopes
from ldmrelease.registry.errors import LimitExceeded
from ldmrelease.registry.manifests import Descriptor
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.referrers import DSSE_ENVELOPE, put_referrer
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.sample import put_sample_index


@pytest.fixture
def image(tmp_path) -> tuple[Repository, Descriptor]:
    repository = LayoutRepository(tmp_path / "images", name="oci:images")
    put_sample_index(repository, "1.0", seed="x")
    found = repository.resolve("1.0")
    assert found is not None
    return repository, found


def attach(image: tuple[Repository, Descriptor], *contents: bytes, type: str = DSSE_ENVELOPE) -> None:
    for each in contents:
        put_referrer(*image, type, [(type, each)], {})


def read(image: tuple[Repository, Descriptor], budget: Budget | None = None) -> list[bytes]:
    repository, subject = image
    return referring_envelopes(repository, subject.digest, {DSSE_ENVELOPE}, budget or Budget())


def blobs_asked_for(monkeypatch) -> list[str]:
    asked: list[str] = []
    blob = LayoutRepository.blob

    def recorded(self, digest, **limit):
        asked.append(digest)
        return blob(self, digest, **limit)

    monkeypatch.setattr(LayoutRepository, "blob", recorded)
    return asked


def test_all_envelopes_are_read_and_nothing_else(image):
    attach(image, b"one", b"two")
    attach(image, b"a report", type="text/x-report")
    assert sorted(read(image)) == [b"one", b"two"]


def test_what_is_no_envelope_is_not_read_however_large(image, monkeypatch):
    monkeypatch.setattr(envelopes, "ENVELOPE", 10)
    attach(image, b"a report " * 100, type="text/x-report")
    assert read(image) == []


def test_one_that_is_too_large_is_not_read(image, monkeypatch):
    monkeypatch.setattr(envelopes, "ENVELOPE", 10)
    attach(image, b"x" * 11)
    asked = blobs_asked_for(monkeypatch)
    with pytest.raises(LimitExceeded, match="a statement of 11 bytes"):
        read(image)
    assert digest_of(b"x" * 11) not in asked


def test_too_many_are_an_error_before_the_first_is_read(image, monkeypatch):
    monkeypatch.setattr(envelopes, "REFERRERS", 2)
    attach(image, b"one", b"two", b"three")
    asked = blobs_asked_for(monkeypatch)
    with pytest.raises(LimitExceeded, match=r"3 referrers of sha256:.*, and at most 2 are read"):
        read(image)
    assert not {digest_of(each) for each in (b"one", b"two", b"three")} & set(asked)


def test_all_together_have_a_limit(image):
    attach(image, b"x" * 1000, b"y" * 1000)
    budget = Budget(5000)
    assert len(read(image, budget)) == 2
    with pytest.raises(LimitExceeded, match="more than 64 MiB"):
        read(image, budget)
