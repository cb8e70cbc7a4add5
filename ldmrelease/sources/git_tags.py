"""Git tags: which commit of a configuration or source repository a release's tag names."""

import os
import subprocess

from msgspec import Struct

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.git_errors import telling_line
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Kind, Tag, image_tag
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent

_TIMEOUT = 120
_KEPT = {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_EXEC_PATH"}
"""Of git's variables those that say how to connect; others could make it work for another repository."""


class SourceUnavailable(UnavailableError):
    """git did not answer for this repository: we could not decide."""


class Ambiguous(Struct, frozen=True):
    """Two spellings of one release name two commits (trust.md: the wrong build behind a tag)."""

    commits: dict[str, str]


def find(
    source: ComponentSource, tag: Tag, _grammar: AnyGrammar, access: SourceAccess
) -> FoundComponent | UnusableComponent | None:
    """The commit that the tag names now, with or without a `v`. Raises `SourceUnavailable`. Unusable:
    `ambiguous-tag`."""
    spelling = image_tag(tag, source.spelling)
    spellings = (spelling, f"v{spelling}") if tag.kind is Kind.release else (spelling,)
    commit = tag_commit(access.located(source.source), tuple(dict.fromkeys(spellings)))
    if isinstance(commit, Ambiguous):
        return UnusableComponent("ambiguous-tag", {"component": source.name, "commits": commit.commits})
    if commit is None:
        return None
    return FoundComponent(Component(source.name, source.kind, source.source, spelling, f"gitCommit:{commit}"))


def tag_commit(repository: str, spellings: tuple[str, ...]) -> str | Ambiguous | None:
    """The commit that the tag names, under any of its spellings; None where there is no such tag.

    Raises `SourceUnavailable`.
    """
    names = [f"refs/tags/{each}" for each in spellings]
    found = _ls_remote(repository, [*names, *(f"{each}^{{}}" for each in names)])
    commits = {
        spelling: found.get(f"refs/tags/{spelling}^{{}}") or found[f"refs/tags/{spelling}"]
        for spelling in spellings
        if f"refs/tags/{spelling}" in found
    }
    if len(set(commits.values())) > 1:
        return Ambiguous(commits)
    return next(iter(commits.values()), None)


def names(source: ComponentSource, access: SourceAccess) -> list[str]:
    """Every tag of the repository. Raises `SourceUnavailable`."""
    return tags(access.located(source.source))


def tags(repository: str) -> list[str]:
    """Every tag of the repository. Raises `SourceUnavailable`."""
    names = _ls_remote(repository, ["refs/tags/*"])
    return [each.removeprefix("refs/tags/") for each in names if not each.endswith("^{}")]


def _ls_remote(repository: str, patterns: list[str]) -> dict[str, str]:
    where = public(repository)
    try:
        answer = subprocess.run(
            ["git", "ls-remote", "--", repository, *patterns],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env=_environment(),
            # Not where we were started: git would follow the configuration of a checkout there.
            cwd="/",
            check=False,
        )
    except FileNotFoundError:
        raise SourceUnavailable(f"git ls-remote {where}: git is not installed; install it") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceUnavailable(f"git ls-remote {where}: {public(str(error))}") from error
    if answer.returncode != 0:
        raise SourceUnavailable(f"git ls-remote {where}: {public(telling_line(answer.stderr))}")
    rows = (line.split("\t", 1) for line in answer.stdout.splitlines())
    return {name: commit for commit, name in rows}


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    return kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
