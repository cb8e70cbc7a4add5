"""The image: built on a Docker engine from a Debian made on the spot, and run as a cautious cluster would."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real.engine import ROOT, Engine, docker_engine

pytestmark = pytest.mark.real

IMAGE = "ldmrelease:test"
# As a `restricted` Pod Security Standard and `readOnlyRootFilesystem` have it; nobody to talk to.
CAUTIOUS = (
    *("run", "--rm", "--read-only", "--network", "none", "--tmpfs", "/tmp"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with docker_engine(tmp_path_factory.mktemp("engine")) as engine:
        engine.build(IMAGE)
        yield engine


@pytest.fixture(scope="module")
def inspected(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(engine.docker("image", "inspect", IMAGE))[0]
    return found


@pytest.fixture(scope="module")
def files(engine: Engine) -> dict[str, tarfile.TarInfo]:
    """What is in the image, by its path; files with a private key under the name PRIVATE."""
    container = engine.docker("create", "--network", "none", IMAGE).strip()
    command = ["docker", "--host", f"unix://{engine.socket}", "export", container]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as export:
        assert export.stdout is not None
        with tarfile.open(fileobj=export.stdout, mode="r|") as tar:
            found = {each.name: each for each in _looked_into(tar)}
    assert export.returncode == 0
    return found


def _looked_into(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        small = tar.extractfile(member) if member.isfile() and member.size < 1_000_000 else None
        if small is not None and _PRIVATE_KEY.search(small.read()):
            member.name = f"PRIVATE {member.name}"
        yield member


def test_it_runs_as_a_user_without_rights_who_has_a_number(inspected: dict[str, Any]) -> None:
    # A name would keep `runAsNonRoot` from being proved.
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", inspected["Config"]["User"])


def test_its_labels_say_what_it_is(inspected: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = inspected["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == project["version"]
    assert labels["org.opencontainers.image.description"] == project["description"]
    assert labels["org.opencontainers.image.licenses"] == project["license"]
    assert labels["org.opencontainers.image.title"] == project["name"]


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("promote", "--help")])
def test_it_answers_on_a_read_only_file_system(engine: Engine, words: tuple[str, ...]) -> None:
    assert "ldmrelease" in engine.docker(*CAUTIOUS, IMAGE, *words)


def test_doctor_finds_git_there_and_a_workspace_missing(engine: Engine) -> None:
    done = engine.attempt(*CAUTIOUS, IMAGE, "doctor", "--output", "json")
    found = {each["what"]: each["health"] for each in json.loads(done.stdout)}
    assert (done.returncode, found) == (1, {"git": "ok", "workspace": "bad"})


def test_a_whole_week_plays_in_its_volume_and_nowhere_else(engine: Engine) -> None:
    told = engine.docker(*CAUTIOUS, IMAGE, "demo", "/var/lib/ldmrelease/demo", "--full")
    assert "the chain holds" in told


def test_it_can_talk_to_clusters(engine: Engine) -> None:
    engine.docker(*CAUTIOUS, "--entrypoint", "python", IMAGE, "-c", "import kubernetes, docker")


def test_ssh_knows_its_user(engine: Engine) -> None:
    """Without an entry in the user table ssh says `No user exists for uid` and ends."""
    done = engine.attempt(*CAUTIOUS, "--entrypoint", "ssh", IMAGE, "-o", "BatchMode=yes", "127.0.0.1", "true")
    assert "No user exists" not in done.stderr
    assert "Connection refused" in done.stderr


def test_nothing_but_the_volume_and_tmp_is_its_own(files: dict[str, tarfile.TarInfo]) -> None:
    own = [name for name, each in files.items() if each.uid == 10001 or each.gid == 10001]
    open_to_all = [
        n for n, each in files.items() if each.mode & 0o002 and not each.issym() and not each.isdev()
    ]
    assert own == ["var/lib/ldmrelease/"] or own == ["var/lib/ldmrelease"]
    assert {each.rstrip("/") for each in open_to_all} <= {"tmp", "var/tmp", "run/lock"}


def test_no_keys_caches_sources_or_tools_of_the_build_are_left(files: dict[str, tarfile.TarInfo]) -> None:
    assert [name for name in files if name.startswith("PRIVATE")] == []
    unwanted = re.compile(
        r"(^|/)(\.cache|\.git|src/pyproject\.toml)(/|$)|^(wheel|opt/build)/|^var/lib/apt/lists/.*_"
    )
    assert [name for name in files if unwanted.search(name)] == []
    packages = {
        name.split("/")[5].split("-")[0]
        for name in files
        if re.match(r"opt/ldmrelease/lib/[^/]+/s[^/]+/.", name)
    }
    assert "ldmrelease" in packages
    assert not packages & {"pip", "hatchling", "editables", "pytest", "mypy"}


def test_without_git_it_is_smaller(
    engine: Engine, inspected: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    engine.build("ldmrelease:runtime", "--target", "runtime")
    sizes = {
        name: int(engine.docker("image", "inspect", "--format", "{{.Size}}", name)) // 1_000_000
        for name in ("base", "ldmrelease:runtime", IMAGE)
    }
    with capsys.disabled():
        print(f" [{', '.join(f'{name} {size} MB' for name, size in sizes.items())}] ", end="")
    assert sizes["ldmrelease:runtime"] < sizes[IMAGE]
    assert "ldmrelease" in engine.docker(*CAUTIOUS, "ldmrelease:runtime", "--version")


def test_no_key_ledger_or_history_reaches_the_build(engine: Engine, tmp_path: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text()
    wanted = {
        "pyproject.toml",
        "README.md",
        "ldmrelease/faces/cli/main.py",
        "policies/production.yaml",
        "requirements/build.txt",
    }
    unwanted = {
        "keys/me.pem",
        "ledger.db",
        ".git/config",
        ".env",
        "demo/x",
        "ldmrelease/__pycache__/main.pyc",
        "trust.yaml",
        "trust.signatures.json",
    }
    for name in wanted | unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".dockerignore").write_text(ignored)
    engine.build("sent", dockerfile="FROM base\nCOPY . /sent\n", context=tmp_path)
    told = engine.docker("run", "--rm", "--network", "none", "sent", "find", "/sent", "-type", "f")
    assert {line.removeprefix("/sent/") for line in told.split()} == wanted
