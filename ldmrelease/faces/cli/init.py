"""`ldmrelease init`: a new workspace with its keys and its ledger."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.workspace import WorkspaceAnswer
from ldmrelease.config.workspace.init import SAMPLES, init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.ledger import create_ledger
from ldmrelease.ledger.registry import ledger_file
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import wall_clock

app = new_app()

_AGREE = "then `ldmrelease trust agree`, `ldmrelease workspace lint` and `ldmrelease doctor` in that folder."
_NEXT = f"Next: describe your products and environments in ldmrelease.yaml, {_AGREE}"
_NEXT_OF_SAMPLE = (
    f"Next: put your registry and git repositories in place of the sample's in ldmrelease.yaml,\n{_AGREE}"
)
_WITH_DEMONSTRATION = "rubin"


@app.command(
    epilog=examples(
        "ldmrelease init",
        "ldmrelease init --sample simple release --person 'Ada Lovelace'",
    )
)
def init(
    folder: Annotated[Path, typer.Argument(help="Where; it is made if it is not there.")] = Path(),
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample",
            metavar="|".join(SAMPLES),
            help="Begin with a sample: two images and values files, the Rubin Observatory, or Kubernetes.",
        ),
    ] = None,
    person: Annotated[str, typer.Option("--person", help="Whose the key `me` is.")] = "me",
    output: OutputOption = Output.text,
) -> None:
    """Make a workspace: its commented file, policies, keys, the trust document, and an empty ledger.

    Nothing that is there is overwritten. The images and git repositories that a sample names are not made: put yours
    in their place. Those of `rubin` come with `ldmrelease demo`.
    """
    now = wall_clock()
    made = init_workspace(folder, sample, now, person)
    ledger = load_workspace(made.file).ledger
    create_ledger(ledger, at=now, actor=person, projectors=PROJECTORS).close()
    file = ledger_file(ledger)
    name = ledger if file is None else file.name
    written = tuple(str(each.relative_to(folder)) for each in made.written)
    told = WorkspaceAnswer(folder=str(folder.resolve()), ledger=name, written=(*written, name))
    emit(told, output, lambda: _text(told, sample))


def _text(made: WorkspaceAnswer, sample: str | None) -> str:
    lines = [f"made a workspace in {printable(made.folder)}", *(f"  {each}" for each in made.written), ""]
    lines.append(_NEXT if sample is None else _NEXT_OF_SAMPLE)
    if sample == _WITH_DEMONSTRATION:
        lines.append(
            "The documents' commands work in the folder that `ldmrelease demo FOLDER` makes, and only there:\n"
            "it has this sample with images and repositories, which are not here."
        )
    return "\n".join(lines)
