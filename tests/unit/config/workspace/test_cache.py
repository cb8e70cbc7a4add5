"""A valid workspace is kept, and what is kept stands for nothing but the very files that it came from."""

import os
import shutil
from pathlib import Path

import pytest

from ldmrelease.config.workspace import cache, load
from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.times import instant


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "site"
    return init_workspace(folder, "rubin", instant("2023-04-20T12:00:00Z")).file


class Cached:
    """A workspace and a cache of its own; `validated` counts how often the workspace was."""

    def __init__(self, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = file
        self.home = home
        self.validated = 0
        self.environ = {"XDG_CACHE_HOME": str(home)}
        validate = load.read_workspace

        def counting(path: Path) -> object:
            self.validated += 1
            return validate(path)

        monkeypatch.setattr(load, "read_workspace", counting)

    def open(self, **environ: str) -> Workspace:
        return cache.open_workspace(self.file, self.environ | environ)

    @property
    def folder(self) -> Path:
        return self.home / "ldmrelease" / "workspaces"

    @property
    def entry(self) -> Path:
        [path] = self.folder.iterdir()
        return path


@pytest.fixture
def site(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cached:
    shutil.copytree(made.parent, tmp_path / "site")
    return Cached(tmp_path / "site" / made.name, tmp_path / "cache", monkeypatch)


def test_a_workspace_that_has_not_changed_is_not_validated_again(site: Cached) -> None:
    assert site.open() == site.open() == load_workspace(site.file)
    assert site.validated == 2  # `load_workspace` always does


def inputs(site: Cached) -> list[Path]:
    _, read = load.read_workspace(site.file)
    return [Path(each) for each in read.files if Path(each).is_relative_to(site.file.parent)]


def test_it_knows_every_file_that_it_read(site: Cached) -> None:
    names = {str(each.relative_to(site.file.parent)) for each in inputs(site)}
    policies = {f"policies/{each.name}" for each in (site.file.parent / "policies").glob("*.yaml")}
    assert {"ldmrelease.yaml", "trust.yaml", *policies} <= names


def test_a_change_of_any_of_its_files_is_seen(site: Cached) -> None:
    site.open()
    for count, path in enumerate(inputs(site), start=site.validated):
        path.write_bytes(path.read_bytes() + b"\n")
        site.open()
        assert site.validated == count + 1, path


def test_a_key_file_that_the_trust_document_names_is_one_of_them(site: Cached) -> None:
    trust = site.file.parent / "trust.yaml"
    lines = trust.read_text().splitlines()
    start = next(n for n, each in enumerate(lines) if "-----BEGIN PUBLIC KEY" in each)
    end = next(n for n, each in enumerate(lines) if n > start and "-----END PUBLIC KEY" in each)
    pem = "".join(f"{each.strip()}\n" for each in lines[start : end + 1])
    (site.file.parent / "key.pem").write_text(pem)
    entry = next(n for n in range(start, 0, -1) if lines[n].strip().startswith("public:"))
    indent = lines[entry][: lines[entry].index("public:")]
    trust.write_text("\n".join([*lines[:entry], f"{indent}public: key.pem", *lines[end + 1 :]]) + "\n")
    assert site.file.parent / "key.pem" in inputs(site)


def test_a_policy_that_comes_or_goes_is_seen(site: Cached) -> None:
    site.open()
    shutil.copy(
        site.file.parent / "policies" / "production.yaml", site.file.parent / "policies" / "more.yaml"
    )
    with pytest.raises(BadInput, match="stands in"):
        site.open()
    (site.file.parent / "policies" / "production.yaml").unlink()
    assert "production" in site.open().levels


def test_what_is_wrong_is_told_every_time(site: Cached) -> None:
    site.open()
    site.file.write_text(site.file.read_text() + "nonsense: 1\n")
    for _ in range(2):
        with pytest.raises(BadInput, match="nonsense"):
            site.open()


def test_nobody_else_can_read_or_write_it(site: Cached) -> None:
    site.open()
    assert site.entry.stat().st_mode & 0o777 == 0o600
    assert site.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o640])
def test_one_that_others_could_have_touched_is_not_believed(site: Cached, mode: int) -> None:
    site.open()
    site.entry.chmod(mode)
    site.open()
    assert site.validated == 2


def test_nor_one_in_a_folder_that_others_may_write(site: Cached) -> None:
    site.open()
    site.folder.chmod(0o770)
    site.open()
    site.open()
    assert site.validated == 3


def test_nor_one_of_another_owner(site: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    site.open()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    site.open()
    assert site.validated == 2


def test_nor_a_link_to_one(site: Cached) -> None:
    site.open()
    elsewhere = site.home / "elsewhere"
    entry = site.entry.rename(elsewhere)
    (site.folder / "x").unlink(missing_ok=True)
    (site.folder / cache._entry_path(site.file, site.environ).name).symlink_to(entry)  # type: ignore[union-attr]
    site.open()
    assert site.validated == 2


def test_nor_a_pipe_which_would_never_end(site: Cached) -> None:
    first = site.open()
    entry = site.entry
    entry.unlink()
    os.mkfifo(entry, 0o600)
    assert site.open() == first
    assert site.validated == 2


def test_damage_is_noticed(site: Cached) -> None:
    before = site.open()
    whole = site.entry.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        site.entry.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert site.open() == before
    site.entry.write_bytes(whole[: len(whole) // 2])
    assert site.open() == before


def test_the_entry_of_another_workspace_stands_for_none(site: Cached, tmp_path: Path) -> None:
    site.open()
    shutil.copytree(site.file.parent, tmp_path / "other")
    other = tmp_path / "other" / site.file.name
    foreign = cache._entry_path(other, site.environ)
    assert foreign is not None
    site.entry.rename(foreign)
    assert cache.open_workspace(other, site.environ).root == tmp_path / "other"


def test_another_version_of_the_program_validates_again(
    site: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.open()
    monkeypatch.setattr(cache, "_program", lambda: "another")
    site.open()
    assert site.validated == 2


@pytest.mark.parametrize("variable", ["LDMRELEASE_NO_CACHE", "CI"])
def test_it_can_be_switched_off(site: Cached, variable: str) -> None:
    site.open(**{variable: "1"})
    assert not site.folder.exists()
    site.open()
    site.open(**{variable: "1"})
    assert site.validated == 3


@pytest.mark.parametrize("home", ["", "relative", "/proc/nowhere"])
def test_without_a_folder_for_it_everything_works(site: Cached, home: str) -> None:
    assert site.open(XDG_CACHE_HOME=home) == site.open(XDG_CACHE_HOME=home)
    assert site.validated == 2


def test_no_private_key_is_among_what_it_reads_or_keeps(site: Cached) -> None:
    keys = site.open().keys.values()
    assert keys
    assert not set(keys) & set(inputs(site))
    kept = site.entry.read_text()
    assert not any(line in kept for each in keys for line in each.read_text().splitlines()[1:-1])


def test_keys_of_an_agent_are_kept_by_their_name(site: Cached) -> None:
    text = site.file.read_text()
    site.file.write_text(text.replace("me: keys/me.pem", "me: ssh-agent:SHA256:ab//c"))
    for _ in range(2):
        found = site.open()
        assert found.agent_keys == {"me": "SHA256:ab//c"}
        assert "me" not in found.keys
    assert site.validated == 1
