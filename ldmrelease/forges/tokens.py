"""The token for a forge: of the environment, else of the GitHub program `gh`, else of git's credential helper.

A token is handed over by the environment, by a pipe and by headers alone: none is in an address or an argument.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from ldmrelease import logs
from ldmrelease.domain.addresses import is_loopback
from ldmrelease.forges.errors import NoToken
from ldmrelease.forges.repositories import ForgeProject

_SECONDS = 20
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
"""Nobody is asked: a helper that does not know says so."""
_OF_A_REPOSITORY = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_CONFIG")


class _Hosts(NamedTuple):
    """To whom a token of the environment may be sent: the hosts that everybody means, and the variables that name
    others; the first is for people, those of runners follow."""

    public: tuple[str, ...]
    variables: tuple[str, ...]


_HOSTS: Mapping[str, _Hosts] = {
    "github": _Hosts(("github.com",), ("GH_HOST", "GITHUB_SERVER_URL")),
    "gitlab": _Hosts(("gitlab.com",), ("GITLAB_HOST", "CI_SERVER_URL")),
    "gitea": _Hosts((), ("GITEA_HOST", "GITEA_SERVER_URL", "GITHUB_SERVER_URL")),
}


def find_token(
    kind: str, project: ForgeProject, variables: Sequence[str], environment: Mapping[str, str]
) -> str:
    """The token for a project. kind: of the forge, such as `github`. variables: those of the environment that may hold
    it, the first one that is set is taken. Raises NoToken, which says where it was looked for.
    """
    host, unused = urlsplit(project.site).netloc, []
    for name in variables:
        if token := environment.get(name, "").strip():
            if _is_for(kind, host, environment):
                return _checked(token, f"the variable {name}")
            unused.append(name)
    asking_gh = ["gh", "auth", "token", "--hostname", host]
    if kind == "github" and (token := _output(asking_gh, "", environment).strip()):
        return _checked(token, "gh auth token")
    if token := _of_git(project, environment):
        return _checked(token, "git credential fill")
    places = [f"set {' or '.join(variables)}"]
    if unused:
        # Nobody knows of which host a variable is, and the workspace must not say to whom it is sent.
        named = _HOSTS[kind].variables[0]
        places = [f"set {named}={host} if {' and '.join(unused)} may be sent there"]
    places += [f"log in by `gh auth login --hostname {host}`"] if kind == "github" else []
    places.append(f"have a credential helper of git know https://{host}")
    raise NoToken(f"no token for {project.address}: {', or '.join(places)}")


def _is_for(kind: str, host: str, environment: Mapping[str, str]) -> bool:
    """Whether a token of the environment may be sent to a host: a forge's public one, one that the environment names,
    or this machine."""
    known = _HOSTS[kind]
    named = [environment.get(each, "").strip() for each in known.variables]
    hosts = {urlsplit(each if "://" in each else f"https://{each}").netloc.lower() for each in named if each}
    is_here = is_loopback(urlsplit(f"//{host}").hostname or "")
    return is_here or host.lower() in {*known.public, *hosts}


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
