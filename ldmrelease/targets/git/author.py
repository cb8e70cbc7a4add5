"""Who somebody is for git: the name and address of its configuration, as `git commit` would take them."""

import os
import re
import subprocess
from pathlib import Path

from ldmrelease.targets.git.commits import Identity

_NO_NAME = re.compile(r"[<>\x00-\x1f]")
_IDENTITY = re.compile(r"([^<>\x00-\x1f]*[^<>\x00-\x20][^<>\x00-\x1f]*)<([^<>\s\x00-\x1f]+)>")
_PATIENCE = 10


def author(person: str, mail: str | None, folder: Path, *, unnamed: bool = False) -> Identity:
    """The person as the author of a commit; `Ada <ada@lsst.org>` brings an address.

    Where no address is known, git's configuration in `folder` is asked for `user.email`; where it knows none either,
    it is a local one. An `unnamed` person, called after a key, has git's `user.name`, if there is one.
    """
    name, _, address = person.partition("<")
    address = mail or _clean(address)
    known = {} if address and not unnamed else _configured(folder)
    name = (known.get("user.name") if unnamed else None) or _clean(name) or "unnamed"
    return Identity(name, address or known.get("user.email") or f"{name.replace(' ', '.')}@localhost")


def git_committer(folder: Path) -> Identity | None:
    """Who git would name as committer: `committer.name` and `committer.email` of its configuration in `folder`, or
    those of `user`; None where it knows not both."""
    known = _configured(folder)
    name, email = (known.get(f"committer.{each}") or known.get(f"user.{each}") for each in ("name", "email"))
    return Identity(name, email) if name and email else None


def named_committer(text: str) -> Identity | None:
    """The identity that `Name <address>` spells; None for any other text."""
    found = _IDENTITY.fullmatch(text.strip())
    return Identity(found[1].strip(), found[2].strip()) if found is not None else None


def _clean(text: str) -> str:
    return " ".join(_NO_NAME.sub(" ", text).split())


def _configured(folder: Path) -> dict[str, str]:
    """Name and email of `user` and `committer`, where git can be asked and has them."""
    command = ["git", "config", "--null", "--get-regexp", r"^(user|committer)\.(name|email)$"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_DIR")}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    entries = (each.partition("\n") for each in done.stdout.decode(errors="replace").split("\0"))
    found = {name: _clean(value) for name, _, value in entries}
    return {name: value for name, value in found.items() if value}
