"""A world whose places are files of a git repository that takes changes by pull requests, of a forge in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain.gitops import WAVE, GitOps, GitOpsRules
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting
from ldmrelease.domain.topology import Application, Place
from ldmrelease.forges.memory import MemoryForge
from ldmrelease.services.context import Context
from tests.unit.services.promotions.promotion_world import AT_FIRST, DEV, PLACES, Fault, World, made

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Rita",
    "GIT_AUTHOR_EMAIL": "rita@example.org",
    "GIT_COMMITTER_NAME": "Rita",
    "GIT_COMMITTER_EMAIL": "rita@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/bin:/bin",
}


WEB = Place("dev", "web")
"""A second place of the development system, where a world has waves."""


def file_of(place: Place) -> str:
    """The file of a place."""
    return (
        f"{place.environment}.yaml" if place.application == DEV.application else f"{place.application}.yaml"
    )


class Tree:
    """The repository: bare, with a file for each place; people work in a clone of it."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.clone = folder / "tree.git", folder / "clone"
        self._run("init", "-q", "--bare", "-b", "main", str(self.bare), at=folder)
        self._run("clone", "-q", str(self.bare), str(self.clone), at=folder)
        for each in (*PLACES, WEB):
            (self.clone / file_of(each)).write_text(text_of(AT_FIRST))
        self.commit("begin")

    def git(self, *words: str) -> str:
        """What git says in the clone."""
        return self._run(*words, at=self.clone)

    def commit(self, message: str) -> None:
        """Push everything that is in the clone to main."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")

    def merge(self, branch: str, way: str = "merge") -> str:
        """Merge a branch as a forge does; the commit by which it came in."""
        self.git("fetch", "-q", "origin")
        self.git("checkout", "-q", "-B", "main", "origin/main")
        if way == "merge":
            self.git("merge", "-q", "--no-ff", "-m", f"merge {branch}", f"origin/{branch}")
        elif way == "squash":
            self.git("merge", "-q", "--squash", f"origin/{branch}")
            self.git("commit", "-q", "-m", f"squash {branch}")
        else:
            self.git("checkout", "-q", "-B", "rebased", f"origin/{branch}")
            self.git("rebase", "-q", "main")
            self.git("checkout", "-q", "-B", "main", "rebased")
        self.git("push", "-q", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def edit(self, place: Place, text: str) -> None:
        """Somebody writes a place's file on main."""
        self.git("fetch", "-q", "origin")
        self.git("checkout", "-q", "-B", "main", "origin/main")
        (self.clone / file_of(place)).write_text(text)
        self.commit("by hand")

    def tip(self, branch: str) -> str | None:
        """Where a branch is."""
        found = self._run("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", at=self.bare)
        return found or None

    def tag(self, place: Place) -> str:
        """What main says of a place."""
        told = self._run("show", f"main:{file_of(place)}", at=self.bare)
        return told.rpartition('tag: "')[2].split('"')[0]

    @staticmethod
    def _run(*words: str, at: Path) -> str:
        done = subprocess.run(
            ["git", *words], cwd=at, env=_IDENTITY, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()


def text_of(tag: str) -> str:
    """The file of a place."""
    return f'image:\n  tag: "{tag}"\n'


def _applications(own: tuple[Application, ...], *, waves: bool) -> tuple[Application, ...]:
    if not waves:
        return own
    dev = next(each for each in own if each.place == DEV)
    return (dev, replace(dev, place=WEB), *(each for each in own if each is not dev))


class ProposalWorld(World):
    """Everything real but images, the forge and time."""

    def __init__(self, folder: Path, rules: GitOpsRules, *, forge: bool = True) -> None:
        self.with_forge = forge
        self.effects: list[str] = []
        super().__init__(made(), lambda *_: None)
        self.tree = Tree(folder)
        self.forge = MemoryForge(self.tree.tip)
        self.forge.before_request = lambda name: self.tell("before", name)
        self.forge.after_request = lambda name: self.tell("after", name)
        own = made().workspace
        applications = tuple(
            replace(
                each,
                target=ImageSettingsTarget(
                    GitFile(str(self.tree.bare), "main", file_of(each.place)),
                    (Setting("server", "image.tag"),),
                ),
            )
            for each in _applications(own.topology.applications, waves=rules.per == WAVE)
        )
        self.workspace = replace(
            own, root=folder, topology=replace(own.topology, applications=applications), gitops=GitOps(rules)
        )
        self.said: list[tuple[str, dict[str, Any]]] = []

    def tell(self, phase: str, what: str) -> None:
        """Whoever runs now is at one of its effects, which are noted."""
        self.effects.append(f"{phase} {what}")
        super().tell(phase, what)

    def context(self, person: str) -> Context:
        """What a process of a person opens."""
        given = super().context(person)
        context = Context(
            self.workspace, self.ledger, given.keyring, given.levels, lambda: self.now, self.tell
        )
        context.signers, context.registries, context.records = given.signers, given.registries, given.records
        if self.with_forge:
            context.connections.once(f"forge {self.tree.bare}", lambda: self.forge)
        return context

    @contextmanager
    def as_ann(self, fault: Fault | None = None) -> Iterator[Context]:
        """A process of Ann's."""
        with self.process("ann", fault) as context:
            yield context

    def merge(self, way: str = "merge") -> None:
        """A reviewer merges the pull request that is open."""
        (each,) = self.forge.list_open("ldmrelease/")
        self.forge.merge(each.number, self.tree.merge(each.head, way), "rita")
