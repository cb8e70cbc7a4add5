"""`ldmrelease completion`: what a shell reads to complete the command line."""

import enum
from typing import Annotated

import typer
from typer import _completion_shared as scripts

from ldmrelease.faces.cli.options import examples, new_app
from ldmrelease.faces.completion.shells import VARIABLE
from ldmrelease.render.output import pass_on

app = new_app()


class Shell(enum.StrEnum):
    """The shells that completion is there for."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


@app.command(
    epilog=examples(
        "source <(ldmrelease completion bash)",
        "ldmrelease completion fish > ~/.config/fish/completions/ldmrelease.fish",
    )
)
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print what a shell has to read so that it completes commands, tags, targets and files.

    `ldmrelease --install-completion` does it for the shell that it is called from.
    """
    script = scripts.get_completion_script(prog_name="ldmrelease", complete_var=VARIABLE, shell=shell.value)
    pass_on(script + "\n")
