"""What is taken over of a repository's configuration, however it is spelled: what git reads there, and no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ldmrelease.targets.git import local_repository
from ldmrelease.targets.git.local_repository import Layout, layout_of, open_layout

HEAD = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
PLAIN = (
    HEAD + "\tautocrlf = input\n",
    HEAD + '[remote "origin"]\n\turl = git@host:a/b.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n',
    HEAD + "[user]\n\tname = A B\n[Core]\n\tAutoCRLF = true\n",
    HEAD + '[core "x"]\n\teol = lf\n',
    HEAD + "[include]\n\tpath = other\n[alias]\n\tx = y\n",
    HEAD + "\teol = lf\n\teol = crlf",
)
OTHER = (
    HEAD + "\teol = lf # a comment\n",
    HEAD + '\teol = "lf"\n',
    HEAD + "\teol = l\\\nf\n",
    HEAD + "\tsymlinks\n",
    HEAD + "\teol=lf\n",
    HEAD + "\teol = lf \n",
    HEAD + "\teol = lf\r\tsymlinks = true\n",
    HEAD + "\teol = lf\r\n",
    HEAD + "; a comment\n[core] eol = lf\n",
    HEAD + "[core.x]\n\teol = lf\n",
    HEAD + "\n\teol = lf\n",
    "\ufeff" + HEAD + "\teol = lf\n",
)  # fmt: skip


@pytest.mark.parametrize("text", [*PLAIN, *OTHER])
def test_of_the_configuration_that_is_taken_over_what_git_reads_there(tmp_path: Path, text: str) -> None:
    config = repository(tmp_path) / "config"
    config.write_bytes(text.encode())
    ours = open_layout(found(tmp_path)).common / "config"
    taken = {name: value for name, value in read(config).items() if name in NAMES}
    assert read(ours) == taken


@pytest.mark.parametrize("text", PLAIN)
def test_for_a_plain_configuration_no_process_is_started(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository(tmp_path) / "config").write_bytes(text.encode())
    there = found(tmp_path)
    monkeypatch.setattr(local_repository, "call", None)
    assert open_layout(there).algorithm == "sha1"


NAMES = {"core.repositoryformatversion", "core.bare", "core.autocrlf", "core.eol", "core.symlinks"}


def repository(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder / ".git"


def found(folder: Path) -> Layout:
    known = layout_of(folder)
    assert known is not None
    return known


def read(config: Path) -> dict[str, str]:
    listed = subprocess.run(
        ["git", "config", "--file", str(config), "--no-includes", "-z", "--list"],
        check=True,
        capture_output=True,
    )
    lines = [each.partition("\n") for each in listed.stdout.decode().split("\0") if each]
    return {name: value if has_value else "true" for name, has_value, value in lines}
