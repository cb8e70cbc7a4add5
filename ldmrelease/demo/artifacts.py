"""What the demonstration needs of the world: images, EUPS lists and git repositories, made on the spot.

Names, dates and build numbers are the real ones of spring 2023; the images are small.
"""

import hashlib
import subprocess
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.tags import parse
from ldmrelease.domain.times import instant, spell
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_index


class Built(Struct, frozen=True):
    """A tag of the science pipelines as the release calendar has it."""

    git: str
    build: str
    created: str
    content: str

    @property
    def eups(self) -> str:
        """The EUPS spelling."""
        return parse(self.git, "rubin").eups or self.git


STACK = (
    Built("v24.0.0.rc4", "b6395", "2022-12-07T18:56:43Z", "24.0.0"),
    Built("24.0.0", "b6400", "2022-12-08T20:38:16Z", "24.0.0"),
    Built("v24.1.0.rc1", "b6553", "2023-03-23T00:50:45Z", "24.1.0"),
    Built("w.2023.13", "b6572", "2023-03-30T09:17:33Z", "w.2023.13"),
    Built("w.2023.14", "b6579", "2023-04-06T09:22:58Z", "w.2023.14"),
    Built("w.2023.15", "b6588", "2023-04-13T09:19:02Z", "w.2023.15"),
    Built("w.2023.16", "b6598", "2023-04-20T09:55:23Z", "w.2023.16"),
)
REBUILDS = {"v24.0.0.rc4": "r24_0_0_rc4_rsp18", "24.0.0": "r24_0_0_rsp19", "v24.1.0.rc1": "r24_1_0_rc1_rsp24"}
CYCLES = ("w_2023_13_c0029.005", "w_2023_14_c0029.006", "w_2023_15_c0029.007")
NEW_CYCLE = "w_2023_16_c0029.008"
PROMPT = ("1.0.0", "1.1.0-rc.1", "1.1.0")
_PRODUCTS = (
    "afw",
    "ap_verify",
    "daf_butler",
    "drp_pipe",
    "ip_isr",
    "lsst_distrib",
    "meas_algorithms",
    "utils",
)
_WEEKLY = "w.2023.16"


def build_sample_world(folder: Path) -> None:
    """Everything that is there before the new weekly: its own images come later, hours apart."""
    registries = Registries(folder)
    for built in STACK:
        write_eups(folder, built)
        if built.git != _WEEKLY:
            push_scipipe(registries, built)
            push_lab(registries, built)
    for tag in CYCLES:
        push(registries, "sal-sciplat-lab", tag)
    for tag in PROMPT:
        push(registries, "prompt-service", tag)
    make_puppet(folder / "git" / "puppet")
    make_gitops(folder / "gitops", instant("2023-04-13T16:00:00Z"))


def weekly() -> Built:
    """The weekly that the demonstration is about."""
    return build_of(_WEEKLY)


def build_of(tag: str) -> Built:
    """The build of a tag of the science pipelines."""
    return next(each for each in STACK if each.git == tag)


def push_scipipe(registries: Registries, built: Built) -> None:
    """The image of the science pipelines."""
    push(registries, "scipipe", f"al9-{built.eups}")


def push_lab(registries: Registries, built: Built) -> None:
    """The notebook image; a release has a rebuild number."""
    tag = REBUILDS.get(built.git) or parse(built.git, "rubin").image or ""
    push(registries, "sciplat-lab", tag)


def push(registries: Registries, name: str, tag: str) -> None:
    """A small image for two platforms."""
    repository = registries.open(parse_reference(f"oci:images/{name}"))
    put_sample_index(repository, tag, seed=f"{name}:{tag}")


def write_eups(folder: Path, built: Built) -> None:
    """The tag list and the build manifest of a tag (SQR-016)."""
    header = f"EUPS distribution {built.eups} version list. Version 1.0\n#BUILD={built.build}\n"
    lines = [f"{name:<20} generic {built.eups}\n" for name in _PRODUCTS]
    _write(folder / "eups" / "tags" / f"{built.eups}.list", header + "".join(lines))
    rows = [f"{name} {_sha1(name, built.content)} {built.eups}\n" for name in _PRODUCTS]
    _write(folder / "eups" / "manifests" / f"{built.build}.txt", f"BUILD={built.build}\n" + "".join(rows))


def make_puppet(folder: Path) -> None:
    """The configuration that is tagged along with every release (LDM-564 2.1)."""
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main", at=instant(STACK[0].created))
    for built in STACK:
        moment = instant(built.created)
        _write(folder / "hieradata" / "stack.yaml", f"# made for {built.git}\nstack::tag: {built.eups}\n")
        _git(folder, "add", "--all", at=moment)
        _git(folder, "commit", "--quiet", "-m", f"Stack {built.git}", at=moment)
        message = f"Version {built.git} release from {built.eups}/{built.build}"
        _git(folder, "tag", "-a", "-m", message, built.git, at=moment)


def make_gitops(folder: Path, moment: datetime) -> None:
    """Put the sample's values files under git: the tree that Argo CD would sync from."""
    _git(folder, "init", "--quiet", "--initial-branch=main", at=moment)
    _git(folder, "add", "--all", at=moment)
    _git(folder, "commit", "--quiet", "-m", "The environments as they were", at=moment)


def _sha1(name: str, content: str) -> str:
    """A commit: most products do not change from one build to the next."""
    changing = name in ("drp_pipe", "daf_butler", "lsst_distrib")
    return hashlib.sha1(
        f"{name}/{content if changing else content[:6]}".encode(), usedforsecurity=False
    ).hexdigest()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _git(folder: Path, *words: str, at: datetime) -> None:
    moment = spell(at)
    environment = {
        "PATH": _path(),
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "SQuaRE",
        "GIT_AUTHOR_EMAIL": "square@localhost",
        "GIT_COMMITTER_NAME": "SQuaRE",
        "GIT_COMMITTER_EMAIL": "square@localhost",
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_DATE": moment,
    }
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


def _path() -> str:
    import os  # noqa: PLC0415

    return os.environ.get("PATH", "/usr/bin:/bin")
