"""The token for a forge: of the environment, else of the GitHub program `gh`, else of git's credential helper.

A token is handed over by the environment, by a pipe and by headers alone: none is in an address or an argument.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ldmrelease import logs
from ldmrelease.domain.addresses import is_loopback
from ldmrelease.forges.errors import NoToken
from ldmrelease.forges.repositories import ForgeProject

_SECONDS = 20
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
"""Nobody is asked: a helper that does not know says so."""


def find_token(
    kind: str, project: ForgeProject, variables: Sequence[str], environment: Mapping[str, str]
) -> str:
    """The token for a project. kind: of the forge, such as `github`. variables: those of the environment that may hold
    it, the first one that is set is taken. Raises NoToken, which says where it was looked for.
    """
    for name in variables:
        if token := environment.get(name, "").strip():
            return _checked(token, f"the variable {name}")
    host = urlsplit(project.site).netloc
    asking_gh = ["gh", "auth", "token", "--hostname", host]
    if kind == "github" and (token := _output(asking_gh, "", environment).strip()):
        return _checked(token, "gh auth token")
    if token := _of_git(project, environment):
        return _checked(token, "git credential fill")
    places = [f"set {' or '.join(variables)}"]
    places += [f"log in by `gh auth login --hostname {host}`"] if kind == "github" else []
    places.append(f"have a credential helper of git know https://{host}")
    raise NoToken(f"no token for {project.address}: {', or '.join(places)}")


def _of_git(project: ForgeProject, environment: Mapping[str, str]) -> str:
    parts = urlsplit(project.site)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        return ""
    asked = f"protocol={parts.scheme}\nhost={parts.netloc}\npath={project.path}.git\n\n"
    said = _output(["git", "credential", "fill"], asked, environment)
    fields = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    return fields.get("password", "")


def _output(words: Sequence[str], given: str, environment: Mapping[str, str]) -> str:
    """What a program prints; nothing where there is no such program, it fails, or it takes too long."""
    program = shutil.which(words[0], path=environment.get("PATH"))
    if program is None:
        return ""
    try:
        with logs.asked("program", " ".join(words)):
            done = subprocess.run(
                [program, *words[1:]],
                input=given,
                env={**environment, **_QUIET},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _checked(token: str, where: str) -> str:
    """A line break or a space within would end up in a header."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise NoToken(
            f"{where} holds something that is not a token: printable ASCII without spaces is expected"
        )
    return token
