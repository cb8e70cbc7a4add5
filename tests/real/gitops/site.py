"""Real git repositories to write to, and a promoter that writes there."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ldmrelease.domain.fence import Fence
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Setting, Writes
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import Identity, Note
from tests.fences import fence_in, grant_for

AT = datetime(2023, 4, 21, 18, 0, tzinfo=UTC)
SUMMIT = Place("summit", "nublado")
FENCE = "refs/ldmrelease/summit/nublado"
FILE = "applications/nublado/values-summit.yaml"
LAB = "sha256:" + "1" * 64

VALUES = """\
# The summit's notebooks.
controller:
  config:
    lab:
      initContainers:
        - name: "inithome"   # makes the home
          image:
            repository: "ghcr.io/lsst-sqre/nublado-inithome"
            tag: "4.0.2"
image:
  tag: w_2023_15    # since Thursday
  digest: 'sha256:0000000000000000000000000000000000000000000000000000000000000000'
worker: {image: ghcr.io/lsst/lab:w_2023_15, replicas: 2}
"""


ANNA = ("-c", "user.name=Anna", "-c", "user.email=anna@example.org")


def git(directory: Path, *arguments: str) -> str:
    """Run the user's git: with hooks, without our settings."""
    command = ["git", "-C", str(directory), *ANNA, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def new_repository(directory: Path, files: dict[str, str]) -> Path:
    """A work tree on branch `main` with these files committed."""
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main")
    put(directory, files, "The first values")
    return directory


def put(directory: Path, files: dict[str, str], message: str = "By hand") -> str:
    """Somebody commits; the new commit."""
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content.encode())
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def show(directory: Path, file: str = FILE, revision: str = "main") -> str:
    """The file as committed, byte for byte."""
    command = ["git", "-C", str(directory), "cat-file", "blob", f"{revision}:{file}"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def put_fence(directory: Path, kept: bytes | None, ref: str = FENCE) -> None:
    """Somebody moves a fence, the summit's, to a commit that keeps this, or takes it away."""
    if kept is None:
        git(directory, "update-ref", "-d", ref)
        return
    command = ["git", "-C", str(directory), "hash-object", "-w", "--stdin"]
    blob = subprocess.run(command, check=True, capture_output=True, input=kept).stdout.decode().strip()
    entry = f"100644 blob {blob}\tfence.json\n"
    command = ["git", "-C", str(directory), "mktree"]
    tree = (
        subprocess.run(command, check=True, capture_output=True, input=entry.encode()).stdout.decode().strip()
    )
    git(directory, "update-ref", ref, git(directory, "commit-tree", "-m", "By hand", tree))


def component(name: str, tag: str, digest: str = LAB) -> Component:
    """An image component."""
    return Component(name, ComponentKind.IMAGE, f"ghcr.io/lsst/{name}", tag, digest)


def release(tag: str, *names: str, spelling: str | None = None) -> Release:
    """A pinned release with these images."""
    components = tuple(component(name, spelling or tag) for name in names or ("lab",))
    return Release("stack", tag, "weekly", components, (), None)


def target(repository: Path | str, *settings: Setting) -> ImageSettingsTarget:
    """The summit's values file, with its tag setting unless told otherwise."""
    return ImageSettingsTarget(
        GitFile(str(repository), "main", FILE), settings or (Setting("lab", "image.tag", Writes.TAG),)
    )


def fence_at(target: ImageSettingsTarget, access: Access, place: Place = SUMMIT) -> Fence | None:
    """The fence of a place, which counts."""
    kept = registry.fence_of(target, place, access)
    return fence_in(kept, place) if kept is not None else None


@dataclass
class Promoter:
    """One holder of a claim, with its ledger's identity."""

    epoch: int = 7
    promotion: str = "p-1"
    ledger: str = "ledger-1"
    extends: Callable[[Fence], bool] = lambda fence: True

    def grant(self, size: int | None = None, place: Place = SUMMIT, at: datetime = AT) -> WriteGrant:
        """Its right to write."""
        genesis = f"genesis-{self.ledger}"
        fence = Fence(place, self.ledger, genesis, size or self.epoch, "head", self.promotion, self.epoch)
        note = Note(
            "summit/nublado to w_2023_16",
            Identity("Kim", "kim@example.org"),
            at,
            {"Release": "sha256:aa", "Decision": "sha256:bb", "Promotion": self.promotion},
        )
        return grant_for(fence, note, self.extends)
