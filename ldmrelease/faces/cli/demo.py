"""`ldmrelease demo`: a workspace with real parts, and a week played in it."""

import io
import shlex
import shutil
import sys
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.workspace import DemoAnswer, PlayedAnswer
from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.demo.cluster_story import CLUSTER_STORY
from ldmrelease.demo.demo_cluster import DemoClusters, Occupied, make_cluster_workspace, remove
from ldmrelease.demo.play import MARK, afterwards, make_workspace, mark, play
from ldmrelease.demo.story import STORY
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.faces.cli.main import app as program
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.render.output import Output, emit, say

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease demo /tmp/demo",
        "ldmrelease demo /tmp/demo --again",
        "ldmrelease -C /tmp/demo promote w.2023.16 --target commissioning",
        "ldmrelease demo /tmp/demo --kubernetes kind-kind --registry 127.0.0.1:5001/demo --insecure",
    )
)
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the workspace; it must be new or empty.")],
    again: Annotated[
        bool, typer.Option("--again", help="Replace a folder that an earlier demonstration made.")
    ] = False,
    kubernetes: Annotated[
        list[str] | None,
        typer.Option(
            "--kubernetes",
            metavar="CONTEXT",
            help="Play it on a real cluster; given twice, the second one is the summit's.",
        ),
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option(metavar="HOST[/PATH]", help="With --kubernetes: a registry that its nodes pull from."),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="With --kubernetes: the registry is spoken to without TLS.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show every command with its whole answer, not the story alone.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Make a workspace with images, git repositories and keys, and play the week of 2023-04-20 in it.

    Everything is real but the clock: OCI images in layout directories, git, signatures, SQLite. The summit
    is left for your hand. The answers that matter are shown; `--full` shows them all.

    With --kubernetes the applications run in namespaces of that cluster (usdfdev-ocps, tucson-teststand-ocps,
    base-ocps, summit-ocps and ldmrelease-checks), with small images that are put into the registry. `--again`
    deletes the namespaces of an earlier demonstration.
    """
    clusters = _clusters(kubernetes or [], registry, insecure)
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        _clear(folder, again)
    mark(folder)
    if clusters is None:
        make_workspace(folder)
    else:
        _make_in_clusters(folder, clusters, again)
    story = STORY if clusters is None else CLUSTER_STORY
    played: list[PlayedAnswer] = []

    def give(words: list[str], quietly: bool) -> tuple[int, str]:
        code, answer = _run_quietly(folder, words) if quietly else (_run(folder, words), "")
        if code == ExitCode.INTERRUPTED:
            # The command took the Ctrl-C, and it was meant for all of us.
            raise KeyboardInterrupt
        played.append(PlayedAnswer(command=shlex.join(["ldmrelease", *words]), exit_code=code))
        return code, answer

    # What the commands print is not the answer, where a program reads that.
    with nullcontext() if output.is_text else redirect_stdout(sys.stderr):
        play(folder.resolve(), story, give, say, full=full)
    told = DemoAnswer(folder=str(folder.resolve()), commands=tuple(played))
    emit(told, output, lambda: afterwards(_program(), folder.resolve()))


def _program() -> tuple[str, ...]:
    """This program as somebody would type it here: by its name if that finds it, else by its path."""
    begun = Path(sys.argv[0])
    if begun.name == "__main__.py":
        return (sys.executable, "-m", "ldmrelease")
    found = shutil.which(begun.name)
    if found is not None and Path(found).resolve() == begun.resolve():
        return (begun.name,)
    return (str(begun.resolve()),)


def _make_in_clusters(folder: Path, clusters: DemoClusters, again: bool) -> None:
    try:
        make_cluster_workspace(folder, clusters, again=again)
    except Occupied as occupied:
        remedy = (
            "add --again to replace it" if occupied.ours else "no demonstration made it: name another cluster"
        )
        raise UsageError(str(occupied), remedy) from None


def _clusters(contexts: list[str], registry: str | None, insecure: bool) -> DemoClusters | None:
    if not contexts and registry is None and not insecure:
        return None
    if not contexts or registry is None or len(contexts) > 2:
        raise UsageError(
            "--kubernetes, once or twice, and --registry go together",
            "name a registry that the cluster's nodes can pull from, as --registry 127.0.0.1:5001/demo --insecure",
        )
    first, last = ClusterAccess(contexts[0]), ClusterAccess(contexts[-1])
    return DemoClusters(first, last, registry, f"{registry.rstrip('/')}/summit", insecure)


def _clear(folder: Path, again: bool) -> None:
    if not (folder / MARK).is_file():
        raise UsageError(f"{folder} exists, and no demonstration made it", "name another folder")
    if not again:
        raise UsageError(f"{folder} has a demonstration already", "name another folder, or add --again")
    try:
        remove(folder)
    except (BadInput, BadAccess, ClusterError) as error:
        # Its cluster may be long gone, or it never came to be: that must not keep the folder for ever.
        say(f"what an earlier demonstration left in its clusters stays there: {error}", err=True)
    # The folder itself stays: it may be where we are, a link, or where a disk is mounted.
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _run_quietly(folder: Path, words: list[str]) -> tuple[int, str]:
    """One command as `_run` gives it, and what it printed; what it told on the way there is dropped."""
    printed, told = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told):
        code = _run(folder, words)
    # Of a command that came to no answer the way is all there is.
    return code, printed.getvalue() or told.getvalue()


def _run(folder: Path, words: list[str]) -> int:
    """One command, as the user would give it in the folder, in this process."""
    sys.stdout.flush()
    try:
        with chdir(folder):
            typer.main.get_command(program)(words, prog_name="ldmrelease")
    except SystemExit as end:
        sys.stdout.flush()
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
