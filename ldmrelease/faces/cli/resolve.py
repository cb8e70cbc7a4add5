"""`ldmrelease resolve`: write the digests of a release into Kubernetes manifests."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.faces.cli.arguments import TARGET, ProductOption, environment_of, release_stored
from ldmrelease.faces.cli.options import UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import pass_on, say
from ldmrelease.services.context import Context
from ldmrelease.targets.editors.component_manifests import resolve_manifest
from ldmrelease.targets.results import Refusal

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease resolve -f manifests/prompt.yaml --release w.2023.16",
        "ldmrelease resolve -f manifests --release w.2023.16 --environment summit | "
        "kubectl apply --server-side --field-manager ldmrelease-manifests -f -",
    )
)
def resolve(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Option("--file", "-f", help="A manifest, or a folder of them; repeatable."),
    ],
    release: Annotated[str, typer.Option("--release", "-r", help="A tag, such as w.2023.16.")],
    product: ProductOption = None,
    target: Annotated[
        str | None,
        typer.Option(
            *TARGET,
            help="Name the images in the registry of this environment, or of this place's, if it has one.",
        ),
    ] = None,
) -> None:
    """Print manifests with each `component://NAME` as that component's image by digest.

    Everything else stays as it is, comments too. Nothing is applied. Exit 1 where a component is unknown, and
    then nothing is printed.
    """
    context = open_context_here(ctx)
    pinned = release_stored(context, release, product)
    registry = _registry(context, target)
    texts: list[str] = []
    refusals: list[Refusal] = []
    for path in _manifests(files):
        resolved = resolve_manifest(_text(path), pinned.release, registry, str(path))
        if isinstance(resolved, Refusal):
            refusals.append(resolved)
        else:
            texts.append(resolved)
    for each in refusals:
        say(refusal_words(each), err=True)
    if refusals:
        raise typer.Exit(ExitCode.REFUSED)
    pass_on(_joined(texts))


def _manifests(files: list[Path]) -> list[Path]:
    found: list[Path] = []
    for each in files:
        if each.is_dir():
            found += sorted(path for path in each.rglob("*") if path.suffix in (".yaml", ".yml"))
        else:
            found.append(each)
    if not found:
        raise UsageError("there are no manifests (*.yaml) in these folders")
    return found


def _text(path: Path) -> str:
    try:
        # Line ends stay as they are.
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error})") from None


def _joined(texts: list[str]) -> str:
    """The files as one stream of documents."""
    ended = [each if each.endswith("\n") else f"{each}\n" for each in texts]
    return "".join(
        each if index == 0 or each.startswith("---") else f"---\n{each}" for index, each in enumerate(ended)
    )


def _registry(context: Context, target: str | None) -> str | None:
    if target is None:
        return None
    environment = environment_of(context.topology, target)
    return next(
        each.registry for each in context.topology.applications if each.place.environment == environment
    )
