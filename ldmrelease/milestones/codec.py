"""A catalogue as a JSON file: one spelling, in lines, so that a repository shows what changed."""

import msgspec

from ldmrelease.milestones.catalogue import Catalogue

SUFFIX = ".json"


def encode_catalogue(catalogue: Catalogue) -> bytes:
    """The file of a catalogue."""
    return msgspec.json.format(msgspec.json.encode(catalogue), indent=1) + b"\n"


def decode_catalogue(data: bytes) -> Catalogue:
    """The catalogue of a file. Raises `ValueError`, which names the field."""
    try:
        return msgspec.json.decode(data, type=Catalogue)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
