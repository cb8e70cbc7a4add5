"""Git tags: which commit of a configuration or source repository a release's tag names."""

import os
import subprocess

from msgspec import Struct

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import Grammar, Kind, Tag, image_tag
from ldmrelease.domain.topology import ComponentSource
from ldmrelease.sources.interface import FoundComponent, SourceAccess, UnusableComponent

_TIMEOUT = 120


class SourceUnavailable(UnavailableError):
    """git did not answer for this repository: we could not decide."""


class Ambiguous(Struct, frozen=True):
    """Two spellings of one release name two commits (trust.md: the wrong build behind a tag)."""

    commits: dict[str, str]


def find(
    source: ComponentSource, tag: Tag, _grammar: Grammar, access: SourceAccess
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


def tags(repository: str) -> list[str]:
    """Every tag of the repository. Raises `SourceUnavailable`."""
    names = _ls_remote(repository, ["refs/tags/*"])
    return [each.removeprefix("refs/tags/") for each in names if not each.endswith("^{}")]


def _ls_remote(repository: str, patterns: list[str]) -> dict[str, str]:
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        answer = subprocess.run(
            ["git", "ls-remote", "--", repository, *patterns],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        raise SourceUnavailable(f"git ls-remote {repository}: git is not installed; install it") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceUnavailable(f"git ls-remote {repository}: {error}") from error
    if answer.returncode != 0:
        raise SourceUnavailable(f"git ls-remote {repository}: {answer.stderr.strip()}")
    rows = (line.split("\t", 1) for line in answer.stdout.splitlines())
    return {name: commit for commit, name in rows}
