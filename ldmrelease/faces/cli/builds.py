"""The builds of a cycle's components that were named on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed, said
from ldmrelease.domain.tags import Tag, parse
from ldmrelease.faces.cli.options import UsageError

if TYPE_CHECKING:
    from ldmrelease.domain.topology import Product
    from ldmrelease.services.releases.pin import Pinned


def named_builds(
    product: Product, text: str, stored: Pinned | None, options: Sequence[str], file: Path | None
) -> dict[str, Tag]:
    """The build of each component that is not to be the newest: those that are named, and beside them what is pinned.

    An option has precedence over the file. Raises `UsageError`, `BadInput`.
    """
    if not options and file is None:
        return {}
    from ldmrelease.config.builds import read_builds  # noqa: PLC0415 - knows YAML
    from ldmrelease.services.releases import builds  # noqa: PLC0415 - knows every source

    tag = parse(text, product.grammar, product.aliases)
    if not builds.has_builds(product, tag):
        raise UsageError(f"{said(text)} is not a cycle, whose components have builds of their own")
    components = [each.name for each in product.components]
    named = read_builds(file, components) if file is not None else {}
    named |= dict(_option(each, components) for each in options)
    found = dict(builds.named_builds(product, tag, named))
    wrong = [f"{each}: {said(str(named[each]))}" for each, build in found.items() if build is None]
    if wrong:
        raise UsageError(
            f"not a build of {said(text)}: {listed(wrong)}", f"write a number, or a tag like {text}.007"
        )
    kept = builds.pinned_builds(product, stored.release, tag) if stored is not None else {}
    return kept | {each: build for each, build in found.items() if build is not None}


def _option(text: str, components: Sequence[str]) -> tuple[str, int | str]:
    name, equals, build = text.partition("=")
    if not equals or not build:
        raise UsageError(f"{said(text)} is not COMPONENT=BUILD", "write it like atdome=8")
    if name not in components:
        from ldmrelease.config.yaml.suggestions import did_you_mean  # noqa: PLC0415 - where it is wrong

        raise UsageError(f"no component {said(name)}", did_you_mean(name, components))
    return name, int(build) if build.isascii() and build.isdigit() else build
