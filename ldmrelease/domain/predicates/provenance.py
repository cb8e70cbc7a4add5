"""Provenance: who built it, how, and from what (SLSA provenance v1, and v0.2 as cosign 2 writes it)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ldmrelease.domain.facts import BuildFact, BuildSource
from ldmrelease.domain.predicates.interface import Predicate, StatementType, value_at
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import ComponentKind

_COMMITS = ("gitCommit", "sha1")
_COMMIT_LENGTH = 40


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    builder = value_at(predicate, ("runDetails", "builder", "id")) or value_at(predicate, ("builder", "id"))
    kind = value_at(predicate, ("buildDefinition", "buildType")) or predicate.get("buildType")
    sources = sorted(set(_sources(predicate)), key=lambda each: (each.uri, each.commit))
    return {"build": BuildFact(_text(builder), _text(kind), tuple(sources))}


def _sources(predicate: Predicate) -> Iterator[BuildSource]:
    for path in (("buildDefinition", "resolvedDependencies"), ("materials",)):
        listed = value_at(predicate, path)
        for each in listed if isinstance(listed, list) else ():
            yield from _source(each)
    yield from _source(value_at(predicate, ("invocation", "configSource")))


def _source(plain: Any) -> Iterator[BuildSource]:
    uri = value_at(plain, ("uri",))
    commits = [value_at(plain, ("digest", name)) for name in _COMMITS]
    # GitLab's runner says sha256 of what is a commit.
    other = value_at(plain, ("digest", "sha256"))
    commits += [other] if isinstance(other, str) and len(other) == _COMMIT_LENGTH else []
    commit = next((each for each in commits if isinstance(each, str)), None)
    if isinstance(uri, str) and commit is not None:
        yield BuildSource(repository_of(uri), commit)


def repository_of(uri: str) -> str:
    """The repository in the address of a source: without `git+`, the ref after `@`, and `.git`."""
    address = uri.removeprefix("git+")
    head, at, ref = address.rpartition("@")
    if at and ref.startswith("refs/"):
        address = head
    return address.removesuffix("/").removesuffix(".git")


def pinned_commits(release: Release) -> tuple[BuildSource, ...]:
    """The repositories and commits of the components that are configuration, as the release has pinned them."""
    return tuple(
        BuildSource(repository_of(each.source), each.digest.removeprefix("gitCommit:"))
        for each in release.components
        if each.kind is ComponentKind.CONFIGURATION
    )


def _text(found: Any) -> str | None:
    return found if isinstance(found, str) else None


TYPE = StatementType(
    name="provenance",
    uris=("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"),
    times=(
        ("runDetails", "metadata", "finishedOn"),
        ("runDetails", "metadata", "startedOn"),
        ("metadata", "buildFinishedOn"),
        ("metadata", "buildStartedOn"),
    ),
    facts=_facts,
    covers_platforms=True,
)
