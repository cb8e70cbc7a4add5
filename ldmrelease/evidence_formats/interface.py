"""A format of other tools' files: its name, what it makes, and how it is read."""

from collections.abc import Callable

from msgspec import Struct

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.strict_json import Limits
from ldmrelease.evidence_formats.found import Found

OF_OUTSIDERS = Limits(size=32_000_000, depth=100, values=1_000_000)
"""What is read of a file of another tool: a scan or a bill of materials of a large image is some ten million bytes."""


class EvidenceFormat(Struct, frozen=True):
    """A format.

    name: as the command line spells it. title: what it is, for people. system: which system such files come from,
    where nobody says another. makes: the type of statement, or `approval`. read: what bytes within `OF_OUTSIDERS` say;
    it never raises.
    """

    name: str
    title: str
    system: str
    makes: str
    read: Callable[[bytes], Found | DocumentFaults]
