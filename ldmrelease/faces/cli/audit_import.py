"""`ldmrelease audit import`: take in history that others wrote, marked as what it is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, NoReturn

import typer

from ldmrelease.answers.imports import import_answer
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.past_options import past_moment
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.imports import import_text, problem_lines
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.status_line import status_line
from ldmrelease.services.audit.imports.recorded import ImportedHistory, Progress

app = new_app(
    "Import history that others wrote: desired state of trees, syncs of tools, observations by others.",
    examples=examples(
        "ldmrelease audit import git https://github.com/lsst-sqre/phalanx --since 2023-01-01T00:00:00Z",
        "ldmrelease audit import table history.tsv --dry-run",
    ),
)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be imported; append nothing.")]
FileArgument = Annotated[
    str, typer.Argument(metavar="FILE | -", help="A file of JSON; `-` reads standard input.")
]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        "--target",
        "-t",
        metavar="ENVIRONMENT",
        help="Where all of it is, if it does not say.",
    ),
]


@app.command(
    "git",
    epilog=examples(
        "ldmrelease audit import git ../phalanx",
        "ldmrelease audit import git https://github.com/lsst-sqre/phalanx --branch main --dry-run",
    ),
)
def git(
    ctx: typer.Context,
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="A folder, or an address.")],
    branch: Annotated[
        str | None,
        typer.Option("--branch", metavar="BRANCH", help="Which branch; else the repository's own."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Leave out what was before: 2023-01-01T00:00:00Z."),
    ] = None,
    dry_run: DryRun = False,
    output: OutputOption = Output.text,
) -> None:
    """Import what a GitOps tree asked for, commit by commit, as desired state: nobody has seen it run.

    Read are the values files of each application (`values-ENVIRONMENT.yaml`, `values.yaml`) and the `appVersion` of its
    charts, along the branch's first parents: a merge counts when it came. The same again changes nothing. Exit 1 where
    the history was rewritten, and nothing of such an application is taken; 2 where nothing could be read; files that
    do not parse are listed.
    """
    from ldmrelease.answers.sentences.target_refusals import refusal_words  # noqa: PLC0415 - git and YAML
    from ldmrelease.services.audit.imports.git_imports import import_git  # noqa: PLC0415
    from ldmrelease.targets.results import RefusedError  # noqa: PLC0415

    context = open_context_here(ctx)
    begin = past_moment("--since", since, context.now())
    try:
        with status_line(sys.stderr) as tell:
            found = import_git(
                context,
                repository,
                branch=branch,
                since=begin,
                dry_run=dry_run,
                read=lambda count: tell("commits-read", {"count": count}),
                progress=_progress(tell),
            )
    except RefusedError as refused:
        raise UsageError(refusal_words(refused.refusal)) from refused
    _tell(found, "desired", dry_run, output)


@app.command(
    "table",
    epilog=examples(
        "ldmrelease audit import table history.tsv",
        "ldmrelease audit import table history.tsv --dry-run -o json",
    ),
)
def table(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Columns, separated by tabs.")],
    dry_run: DryRun = False,
    output: OutputOption = Output.text,
) -> None:
    """Import a table of changes, as desired state: nobody has seen it run.

    Its first line names the columns: date, environment, application, key, tag (empty: removed), previous_tag, commit,
    path. The oldest change comes first, and those of one commit are a set. Exit 1 where it says something else of the
    past than what was imported; 2 where nothing could be read; single lines that cannot be are listed.
    """
    from ldmrelease.services.audit.imports.desired_imports import import_table  # noqa: PLC0415 - knows YAML

    context = open_context_here(ctx)
    with status_line(sys.stderr) as tell:
        found = import_table(context, file, dry_run=dry_run, progress=_progress(tell))
    _tell(found, "desired", dry_run, output)


@app.command(
    "argocd",
    epilog=examples(
        "kubectl get applications -n argocd -o json | ldmrelease audit import argocd - --environment summit",
        "ldmrelease audit import argocd applications.json --dry-run",
    ),
)
def argocd(
    ctx: typer.Context,
    file: FileArgument,
    environment: EnvironmentOption = None,
    dry_run: DryRun = False,
    output: OutputOption = Output.text,
) -> None:
    """Import the `status.history` of Argo CD's Applications, as synced: what the tool says that it applied.

    An application is in the environment that its destination names, or that is named here. Exit 1 where it says
    something else of a time than what was imported; 2 where nothing could be read.
    """
    _import_syncs(ctx, "argocd", file, environment, dry_run, output)


@app.command(
    "flux",
    epilog=examples(
        "kubectl get helmreleases,kustomizations -A -o json | ldmrelease audit import flux - --environment usdfdev",
        "ldmrelease audit import flux releases.json --environment usdfdev --dry-run",
    ),
)
def flux(
    ctx: typer.Context,
    file: FileArgument,
    environment: EnvironmentOption = None,
    dry_run: DryRun = False,
    output: OutputOption = Output.text,
) -> None:
    """Import the history of Flux's HelmReleases, and what its Kustomizations applied last, as synced.

    Exit 1 where it says something else of a time than what was imported; 2 where nothing could be read.
    """
    _import_syncs(ctx, "flux", file, environment, dry_run, output)


@app.command(
    "observations",
    epilog=examples(
        "ldmrelease audit import observations seen.jsonl --by night-shift",
        "ldmrelease audit import observations - --by prometheus --dry-run < images.json",
    ),
)
def observations(
    ctx: typer.Context,
    file: FileArgument,
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHOM", help="Who saw what does not say it.")
    ] = None,
    dry_run: DryRun = False,
    output: OutputOption = Output.text,
) -> None:
    """Import what others say to have seen run: no soak, no order and no receipt rests on it.

    A list of JSON objects, or one a line: time, environment and application (or place), component or container, image
    or digest, and by. Exit 1 where it contradicts what was imported; 2 where nothing could be read.
    """
    from ldmrelease.services.audit.imports.placed_imports import import_sightings  # noqa: PLC0415 - see above

    context = open_context_here(ctx)
    with _opened(file) as (stream, name), status_line(sys.stderr) as tell:
        found = import_sightings(context, stream, name, by=by, dry_run=dry_run, progress=_progress(tell))
    _tell(found, "seen", dry_run, output)


def _import_syncs(
    ctx: typer.Context, tool: str, file: str, environment: str | None, dry_run: bool, output: Output
) -> NoReturn:
    from ldmrelease.services.audit.imports.placed_imports import import_syncs  # noqa: PLC0415 - see above

    context = open_context_here(ctx)
    with _opened(file) as (stream, name), status_line(sys.stderr) as tell:
        found = import_syncs(
            context, tool, stream, name, environment=environment, dry_run=dry_run, progress=_progress(tell)
        )
    _tell(found, "synced", dry_run, output)


@contextmanager
def _opened(file: str) -> Iterator[tuple[IO[bytes], str]]:
    if file == "-":
        yield sys.stdin.buffer, "standard input"
    else:
        with Path(file).open("rb") as stream:
            yield stream, Path(file).name


def _progress(tell: Callable[[str, dict[str, Any]], None]) -> Progress:
    return lambda done, of: tell("imported", {"done": done, "of": of})


def _tell(found: ImportedHistory, state: str, dry_run: bool, output: Output) -> NoReturn:
    answer = import_answer(found, state, dry_run=dry_run)
    emit(answer, output, lambda: import_text(answer))
    for line in problem_lines(answer):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)
