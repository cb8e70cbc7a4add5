"""The token for a forge: of the environment, else of the GitHub program `gh`, else of git's credential helper.

A token is handed over by the environment, by a pipe and by headers alone: none is in an address or an argument.
"""

from __future__ import annotations

import os
import shutil
import signal
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
_OF_A_REPOSITORY = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_CONFIG")


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
    given_on = {name: each for name, each in environment.items() if name not in _OF_A_REPOSITORY}
    try:
        with logs.asked("program", " ".join(words)):
            process = subprocess.Popen(
                [program, *words[1:]],
                # The configuration of a repository that is around us names no programs (docs/decisions/0030).
                cwd="/",
                env={**given_on, **_QUIET},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            said = _said(process, given)
    except OSError:
        return ""
    return said if process.returncode == 0 else ""


def _said(process: subprocess.Popen[str], given: str) -> str:
    """What it prints in time; one that hangs is ended with the helpers that it has called, which are of its group."""
    with process:
        try:
            return process.communicate(given, timeout=_SECONDS)[0]
        except subprocess.TimeoutExpired:
            return ""
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)


def _checked(token: str, where: str) -> str:
    """A line break or a space within would end up in a header."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise NoToken(
            f"{where} holds something that is not a token: printable ASCII without spaces is expected"
        )
    return token
