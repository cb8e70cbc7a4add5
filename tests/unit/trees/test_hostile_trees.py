"""Trees by people who mean harm: what they name gets nowhere but into the answer."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.local_repository import layout_of, open_layout
from ldmrelease.trees.charts import Charts
from ldmrelease.trees.committed import CommittedTree
from ldmrelease.trees.files import Folder
from ldmrelease.trees.kustomizations import Kustomizations
from ldmrelease.trees.rendering.helm import Helm
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program, copied_to
from ldmrelease.trees.rendering.sentinels import Sentinels
from ldmrelease.trees.values import EMPTY, UnreadableFile, YamlScalar
from tests.unit.trees.tree_samples import memory_tree, phalanx_tree, write_tree


def helm(work: Path, program: Path) -> Helm:
    tree = phalanx_tree()
    return Helm(str(program), tree, Charts(tree), work, os.environ, Sentinels())


@pytest.mark.parametrize(
    ("name", "namespace", "parameters"),
    [
        ("--post-renderer=/bin/sh", "lab", {}),
        ("lab", "--kubeconfig=/etc/passwd", {}),
        ("lab", "lab", {"--post-renderer": "x"}),
        ("", "lab", {}),
    ],
)
def test_no_name_of_a_tree_becomes_an_option(
    tmp_path: Path, name: str, namespace: str, parameters: dict[str, str]
) -> None:
    program = tmp_path / "helm"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    with pytest.raises(NotRendered, match="no name that Helm is given"):
        helm(tmp_path / "work", program).template(name, "applications/lab", namespace, EMPTY, parameters)
    assert not (tmp_path / "ran").exists()


def test_the_program_gets_options_first_and_names_behind_two_dashes(tmp_path: Path) -> None:
    program = tmp_path / "helm"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n')
    program.chmod(0o755)
    helm(tmp_path / "work", program).template("lab", "applications/lab", "lab", EMPTY, {"a.b": "x,y=z"})
    words = (tmp_path / "words").read_text().splitlines()
    assert words[:-3] == ["template", "--namespace", "lab", "--values", "-", "--set=a.b=x\\,y=z"]
    assert words[-3:-1] == ["--", "lab"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "a//x", ".git/config", "a\0b"])
def test_no_file_is_copied_out_of_the_copy(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotRendered):
        copied_to(tmp_path, path, "tree")


def test_entries_of_git_that_lead_out_of_a_tree_are_left_out(tmp_path: Path) -> None:
    def git(*words: str, stdin: bytes = b"") -> str:
        who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *who, *words], input=stdin, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    git("init", "-q")
    blob = git("hash-object", "-w", "--stdin", stdin=b"a: 1\n")
    inner = git("mktree", stdin=f"100644 blob {blob}\tescaped.yaml\n".encode())
    tree = git("hash-object", "-w", "-t", "tree", "--stdin", "--literally", stdin=_tree(inner, blob))
    commit = git("commit-tree", tree, "-m", "tree")
    layout = layout_of(tmp_path)
    assert layout is not None
    assert CommittedTree(Git(open_layout(layout)), commit).files() == {"good.yaml"}


def _tree(inner: str, blob: str) -> bytes:
    entries = [(b"40000", b"..", inner), (b"100644", b"good.yaml", blob)]
    return b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)


def test_links_pipes_and_paths_out_of_a_folder_are_not_read(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree")
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (tree / "linked.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(tree / "pipe.yaml")
    folder = Folder(tree)
    assert not {"linked.yaml", "pipe.yaml"} & folder.files()
    for path in ("../secret.yaml", "linked.yaml", "pipe.yaml"):
        with pytest.raises(UnreadableFile):
            folder.read(path)


def test_texts_of_a_tree_that_look_like_sentinels_stay_texts() -> None:
    sentinels = Sentinels()
    mine = sentinels.scalar(YamlScalar("example.org/lab", False, "values.yaml", 1, ("image", "repository")))
    assert sentinels.read("zq000000000000zq:zq999999zq").text == "zq000000000000zq:zq999999zq"
    assert sentinels.read(mine.text).text == "example.org/lab"


def test_charts_with_names_that_are_none_are_refused(tmp_path: Path) -> None:
    about = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: '%s', version: 1.0.0}]\n"
    for name in ("..", "a/b", "x" * 300):
        tree = memory_tree({"a/Chart.yaml": about % name})
        program = Helm("/bin/true", tree, Charts(tree), tmp_path / "work", os.environ, Sentinels())
        with pytest.raises(NotRendered):
            program.template("a", "a", "a", EMPTY, {})


def test_a_program_sees_neither_the_users_settings_nor_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "/somewhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\n")
    program.chmod(0o755)
    asked = Program(str(program), tmp_path / "work", os.environ)
    assert asked.objects("folder", ["words"]) == []
    told = dict(each.split("=", 1) for each in (tmp_path / "environment").read_text().splitlines())
    assert not {"HELM_PLUGINS", "AWS_SECRET_ACCESS_KEY"} & told.keys()
    assert Path(told["HOME"]).is_relative_to(tmp_path / "work")
    assert (told["HTTPS_PROXY"], told["GIT_ALLOW_PROTOCOL"]) == ("http://127.0.0.1:9", "none")
    # A `.gitconfig` of the tree is nobody's own, and git does nothing where it is run all the same.
    assert not Path(told["HOME"]).is_relative_to(asked.work)
    assert not asked.work.is_relative_to(told["HOME"])
    git = shutil.which("git", path=told["PATH"])
    assert git is not None
    assert subprocess.run([git, "version"], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "text",
    [
        "Resources: [https://example.org/other.git]\n",
        "RESOURCES: [../outside]\n",
        "re\u017fources: [../outside]\n",
        "image\u017f: [{name: a, newTag: b}]\n",
        "patches: [{Path: 'http://127.0.0.1/x'}]\n",
        "images: [{name: a, NEWTAG: b}]\n",
        "openapi: {Path: ../x}\n",
    ],
)
def test_keys_that_kustomize_takes_for_others_are_no_kustomization(text: str) -> None:
    known = Kustomizations(memory_tree({"a/kustomization.yaml": text, "a/x.yaml": "a: 1\n"}))
    with pytest.raises(UnreadableFile, match="no field"):
        known.kustomization("a")


def test_two_that_work_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    one, two = (Program("/bin/true", tmp_path, os.environ) for _ in range(2))
    assert one.work != two.work
