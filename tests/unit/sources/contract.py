"""How every source of components behaves; a source's own tests inherit `SourceContract` with a fixture `there`."""

from pathlib import Path
from typing import Protocol

import pytest

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.tags import parse
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.registry.opening import Registries
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent
from ldmrelease.sources.registry import source_of

TAG, ABSENT = "w.2023.16", "w.2023.17"


class Prepared(Protocol):
    """A source that has `TAG`, and nothing of `ABSENT`."""

    @property
    def root(self) -> Path:
        """The workspace's directory."""

    @property
    def source(self) -> ComponentSource:
        """Where the component comes from."""

    def rebuild(self) -> None:
        """Let the tag name something else."""

    def spoil(self) -> None:
        """Make it unreadable."""


class SourceContract:
    """The tests."""

    def test_a_tag_is_bound_to_a_digest_and_asked_again_to_the_same(self, there: Prepared) -> None:
        found = find(there)
        assert isinstance(found, FoundComponent)
        assert (found.component.name, found.component.kind) == (there.source.name, there.source.kind)
        assert ":" in found.component.digest
        assert find(there) == found

    def test_what_the_tag_names_now_is_another_digest(self, there: Prepared) -> None:
        before = find(there)
        there.rebuild()
        after = find(there)
        assert isinstance(before, FoundComponent)
        assert isinstance(after, FoundComponent)
        assert before.component.digest != after.component.digest

    def test_a_tag_that_is_not_there_is_no_component(self, there: Prepared) -> None:
        assert find(there, ABSENT) is None

    def test_a_source_that_cannot_be_read_is_an_error_and_not_an_absent_tag(self, there: Prepared) -> None:
        there.spoil()
        with pytest.raises(LdmreleaseError):
            find(there)


def find(there: Prepared, tag: str = TAG) -> FoundComponent | UnusableComponent | None:
    """What a tag names there."""
    registries = Registries(there.root)
    access = SourceAccess(
        lambda text: str(there.root / text), lambda text: registries.open(parse_reference(text))
    )
    return source_of(there.source.kind).find(there.source, parse(tag, "rubin"), "rubin", access)
