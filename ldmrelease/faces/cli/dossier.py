"""`ldmrelease dossier`: everything that is known of a release, as a page to print, for whoever decides about it."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from ldmrelease.answers.dossier import DossierAnswer, dossier_answer
from ldmrelease.answers.sentences.text import listed
from ldmrelease.atomic_files import replace_file
from ldmrelease.faces.cli.advice import unadvised
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    ReleaseArgument,
    applications_of,
    release_now,
)
from ldmrelease.faces.cli.options import UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.where_filters import EnclaveFilter, in_enclave
from ldmrelease.render.dossier import dossier_text
from ldmrelease.render.output import Output, as_json, as_yaml, emit, pass_on, say
from ldmrelease.services.context import Context
from ldmrelease.services.dossier.dossier import Dossier, dossier

if TYPE_CHECKING:
    from ldmrelease.domain.topology import Application

app = new_app()


class DossierOutput(enum.StrEnum):
    """The ways in which a dossier is written."""

    text = "text"
    wide = "wide"
    json = "json"
    yaml = "yaml"
    html = "html"


_BY_SUFFIX = {
    "": DossierOutput.html,
    ".html": DossierOutput.html,
    ".htm": DossierOutput.html,
    ".json": DossierOutput.json,
    ".yaml": DossierOutput.yaml,
    ".yml": DossierOutput.yaml,
    ".txt": DossierOutput.text,
}


@app.command(
    "dossier",
    epilog=examples(
        "ldmrelease dossier w.2023.16 --file dossier.html",
        "ldmrelease dossier 24.0.0 --target summit --file dossier.html",
        "ldmrelease dossier w.2023.16 --output json",
    ),
)
def write_dossier(
    ctx: typer.Context,
    release: ReleaseArgument,
    target: OptionalTargetOption = None,
    enclave: EnclaveFilter = None,
    product: ProductOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Where to write it; what is there is replaced."),
    ] = None,
    output: Annotated[
        DossierOutput | None,
        typer.Option(
            "--output",
            "-o",
            help="How to write it. Left out: as the name of the file ends, else html in a file and text without one.",
        ),
    ] = None,
) -> None:
    """Write a release's dossier for a change control board: what it is, what changes beside what runs, the evidence,
    the decisions, where it ran, what speaks against it, and what is not known.

    As HTML it is one file that needs nothing else, to read on any screen and to print. Nothing is recorded.
    """
    chosen = output or _by_name(file)
    context = open_context_here(ctx)
    pinned = release_now(context, release, product)
    applications = _applications(context, pinned.release.product, target, enclave)
    found = _without_advice(context, dossier(context, pinned, applications))
    answer = dossier_answer(found, target)
    if file is None:
        _print(answer, chosen)
        return
    _write(file, _document(answer, chosen).encode("utf-8", "backslashreplace"))
    say(f"the dossier of {answer.release} is in {file}", err=True)


def _applications(
    context: Context, product: str, target: str | None, enclave: str | None
) -> "tuple[Application, ...]":
    """Where the product runs. Raises `UsageError` for a target that there is not, or that it does not run at."""
    found = tuple(each for each in applications_of(context, target) if each.components(product))
    own = in_enclave(context.topology, enclave)
    if own is not None:
        found = tuple(each for each in found if each.place in own)
        if not found:
            raise UsageError(f"nothing of {product} runs in the enclave {enclave}")
    if target is not None and not found:
        raise UsageError(f"nothing of {product} runs at {target}")
    return found


def _without_advice(context: Context, found: Dossier) -> Dossier:
    return replace(
        found,
        environments=tuple(
            replace(each, decided=tuple(unadvised(context, one) for one in each.decided))
            for each in found.environments
        ),
    )


def _by_name(file: Path | None) -> DossierOutput:
    """What the end of a name says. Raises `UsageError`."""
    if file is None:
        return DossierOutput.text
    suffix = file.suffix.lower()
    if suffix not in _BY_SUFFIX:
        known = listed(each for each in _BY_SUFFIX if each)
        raise UsageError(f"{file}: a dossier is no {suffix} file", f"{known} are known; or say --output")
    return _BY_SUFFIX[suffix]


def _print(answer: DossierAnswer, output: DossierOutput) -> None:
    if output is DossierOutput.html:
        pass_on(_page(answer))
    else:
        emit(answer, Output(output), lambda: dossier_text(answer))


def _document(answer: DossierAnswer, output: DossierOutput) -> str:
    if output is DossierOutput.html:
        return _page(answer)
    if output is DossierOutput.json:
        return as_json(answer) + "\n"
    return as_yaml(answer) if output is DossierOutput.yaml else dossier_text(answer) + "\n"


def _page(answer: DossierAnswer) -> str:
    from ldmrelease.render.pages.dossier import dossier_page  # noqa: PLC0415 - text and JSON go without templates

    return dossier_page(answer)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: somebody may be reading the one that is there."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
