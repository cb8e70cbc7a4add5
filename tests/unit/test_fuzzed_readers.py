"""The readers that are fuzzed take their samples, and what fuzzing once found; every format is among them."""

import pytest

from ldmrelease.evidence_formats.registry import FORMATS
from tests.fuzz.readers import readers

READERS = readers()
_OWN = {"json", "canonical", "statement", "signed-statement", "dsse", "bundle", "trust-document"}


def test_every_format_is_fuzzed() -> None:
    assert set(READERS) == _OWN | set(FORMATS)


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_reader_takes_its_samples_whole_and_cut(name: str) -> None:
    reader = READERS[name]
    assert reader.samples
    for sample in (*reader.samples, *(each.encode() for each in reader.words)):
        reader.read(sample)
        reader.read(sample[: len(sample) // 2])
