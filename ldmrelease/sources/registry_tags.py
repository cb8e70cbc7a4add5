"""Tags of image repositories: which image a release's tag names."""

from ldmrelease.domain import canonical
from ldmrelease.domain.images import ImageIdentity
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Kind, Tag, grammar_of, image_tag
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.repository import Repository
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent

_REBUILT = {Kind.release, Kind.candidate}
BASE_DIGEST = "org.opencontainers.image.base.digest"


def find(
    source: ComponentSource, tag: Tag, grammar: AnyGrammar, access: SourceAccess
) -> FoundComponent | UnusableComponent | None:
    """The image that the tag names now, or its highest rebuild. Raises `RegistryError`. Unusable: `bad-image`."""
    repository = access.open(source.source)
    spelling = _spelling_there(repository, source, tag, grammar)
    if spelling is None:
        return None
    found = identity(repository, spelling)
    if not isinstance(found, ImageIdentity):
        values = {"component": source.name, "tag": spelling, **canonical.to_plain(found)}
        return UnusableComponent("bad-image", values)
    derived = _derived_from(repository, source, found)
    return FoundComponent(
        Component(source.name, source.kind, source.source, spelling, found.index, found.platforms, derived)
    )


def names(source: ComponentSource, access: SourceAccess) -> list[str]:
    """Every tag of the repository. Raises `RegistryError`."""
    return access.open(source.source).tags()


def _spelling_there(
    repository: Repository, source: ComponentSource, tag: Tag, grammar: AnyGrammar
) -> str | None:
    """The tag as the repository spells it; of several rebuilds `_rsp<N>` the highest (details.md, Tags)."""
    spelling = image_tag(tag, source.spelling)
    if repository.resolve(spelling) is not None:
        return spelling
    if tag.kind not in _REBUILT or not grammar_of(grammar).REBUILDS:
        return None
    prefix = f"{spelling}_rsp"
    builds = [name.removeprefix(prefix) for name in repository.tags() if name.startswith(prefix)]
    numbers = [int(each) for each in builds if each.isascii() and each.isdigit()]
    return f"{prefix}{max(numbers)}" if numbers else None


def _derived_from(repository: Repository, source: ComponentSource, found: ImageIdentity) -> str | None:
    if source.derived_from is None:
        return None
    annotations = repository.manifest(found.index).json().get("annotations") or {}
    base = annotations.get(BASE_DIGEST)
    return f"{source.derived_from}@{base}" if base else source.derived_from
