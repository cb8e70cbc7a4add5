"""Which forge and project the address of a git repository means, in any of git's spellings."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from ldmrelease.domain.addresses import is_loopback
from ldmrelease.forges.errors import NotARepository

# As git has it: HOST:PATH without a slash before the colon; a user before it.
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>\[[^]]+\]|[^/:@]+):(?P<path>[^/].*|/.*)")
_WEB = ("https", "http")
_OVER_SSH = ("ssh", "git+ssh", "ssh+git")


class ForgeProject(Struct, frozen=True):
    """Where a repository is at its forge: `site` is the forge's address for browsers, `path` the project there, such as
    `OWNER/NAME` or `GROUP/SUBGROUP/NAME`.
    """

    site: str
    path: str

    @property
    def address(self) -> str:
        """Where people look at it."""
        return f"{self.site}/{self.path}"

    @property
    def quoted(self) -> str:
        """The path as one segment of an address."""
        return quote(self.path, safe="")


def project_of(repository: str, site: str | None = None) -> ForgeProject:
    """The project that a git remote means: `https://HOST/OWNER/NAME.git`, `ssh://git@HOST:PORT/OWNER/NAME` or
    `git@HOST:OWNER/NAME.git`. `site`: where the forge is, if its API is not at the remote's host by https, or it is
    below a path (`https://example.org/git`).

    Raises NotARepository where it is none, such as a folder, or where a token would go over plain HTTP.
    """
    host, path = _host_and_path(repository)
    if site is None:
        found = host
    else:
        found = site.rstrip("/")
        below = urlsplit(found).path.strip("/")
        path = path.removeprefix(f"{below}/") if below else path
    parts = urlsplit(found)
    if parts.scheme not in _WEB or not parts.hostname or "@" in parts.netloc:
        raise NotARepository(
            f"{_shown(found)!r} is not the address of a forge; write one such as https://HOST"
        )
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise NotARepository(f"a token goes over https alone; write {found!r} with https://")
    return ForgeProject(site=found, path=path)


def _host_and_path(repository: str) -> tuple[str, str]:
    parts = urlsplit(repository)
    if parts.scheme in _WEB:
        site, raw = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", unquote(parts.path)
    elif parts.scheme in _OVER_SSH and parts.hostname:
        site, raw = _https(parts.hostname), unquote(parts.path)
    elif "://" not in repository and (found := _SCP.fullmatch(repository)) is not None:
        site, raw = _https(found["host"].strip("[]")), found["path"]
    else:
        raise NotARepository(_advice(repository))
    path = raw.strip("/").removesuffix(".git").rstrip("/")
    segments = path.split("/")
    # A line break, spelled %0A, would be a field of its own to a credential helper: it would name another host.
    is_plain = f"{site}{path}".isprintable()
    if not is_plain or len(segments) < 2 or any(each in ("", ".", "..") for each in segments):
        raise NotARepository(_advice(repository))
    return site, path


def _https(host: str) -> str:
    """GitHub and GitLab offer ssh at port 443 below a name of its own."""
    named = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}.get(host.lower(), host)
    return f"https://[{named}]" if ":" in named else f"https://{named}"


def _advice(repository: str) -> str:
    return (
        f"{_shown(repository)!r} is not a repository of a forge; write one such as https://HOST/OWNER/NAME.git "
        "or git@HOST:OWNER/NAME.git"
    )


def _shown(address: str) -> str:
    """Without what may be a password."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else address
