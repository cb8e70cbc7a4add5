"""`ldmrelease key`: make and show signing keys."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.workspace import KeyAnswer
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import trust_file
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import times
from ldmrelease.faces.cli.acting import named_key
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.render.output import Output, emit, say
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import generate, read_public_half

app = new_app("Make and show signing keys.", examples=examples("ldmrelease key new ci --out keys/ci.pem"))

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SNIPPET = """\
# For trust.yaml, under `keys:`. Name its person and roles, and raise the document's version.
  {name}:
    person: {name}
    roles: []
    not-before: {not_before}
    public: |
{public}"""


@app.command(
    "new",
    epilog=examples(
        "ldmrelease key new ci --out keys/ci.pem",
        "ldmrelease key new alice --kind ed25519 --out ~/.config/ldmrelease/alice.pem",
        "LDMRELEASE_KEY_PASSWORD=... ldmrelease key new summit-receipts",
    ),
)
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The key's name in the trust document.")],
    kind: Annotated[
        KeyKind, typer.Option("--kind", help="p256 signs everything; ed25519 only what people do.")
    ] = KeyKind.P256,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The private key's file.  [default: NAME.pem]"),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Make a key; print what the trust document needs.

    The private key is written to a new file that only you can read, encrypted where LDMRELEASE_KEY_PASSWORD is
    set. It counts from now on, in the workspace's time.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a name of a key", "use letters, digits, '.', '_' and '-'")
    signer, file, now = generate(kind), out or Path(f"{name}.pem"), time_here(ctx)
    signer.write_key(file)
    key = KeyAnswer(
        name=name,
        kind=str(kind),
        keyid=signer.keyid,
        file=str(file),
        not_before=times.spell(now),
        public=signer.public_pem,
    )
    emit(key, output, lambda: _snippet(key))
    say(f"the private key is in {file}: keep it out of every repository", err=True)


@app.command(
    "show",
    epilog=examples(
        "ldmrelease key show keys/ci.pem",
        "ldmrelease key show ~/.ssh/id_ed25519.pub --name ada",
        "ldmrelease key show ssh-agent:",
    ),
)
def show(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The key's file, public or private, in PEM or as ssh has it; or ssh-agent:KEY.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Its name in the trust document.  [default: the file's]")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Print the public half of a key, as the trust document needs it; `trust add-key` puts it there.

    Says whose it is where the trust document here has it already.
    """
    place, now = named_key(file), time_here(ctx)
    public = read_public_half(place)
    known = _known(ctx, public.keyid)
    key = KeyAnswer(
        name=name or (place.stem if isinstance(place, Path) else "me"),
        kind=str(public.kind),
        keyid=public.keyid,
        file=str(file),
        not_before=times.spell(now),
        public=public.pem,
        known_as=known.id if known else None,
        person=known.person if known else None,
    )
    emit(key, output, lambda: f"{_whose(key)}\n{_snippet(key)}")


def _known(ctx: typer.Context, keyid: str) -> Key | None:
    """The key of the trust document that this is; None where it has none, or where there is no workspace."""
    with suppress(BadInput):
        return load_trust(trust_file(workspace_file(ctx))).keyring.find(keyid)
    return None


def _whose(key: KeyAnswer) -> str:
    whose = f"key {key.known_as} of {key.person}" if key.known_as else "in no trust document here"
    return f"# {key.keyid} ({key.kind}): {printable(whose)}"


def _snippet(key: KeyAnswer) -> str:
    public = "\n".join(f"      {line}" for line in key.public.splitlines())
    return _SNIPPET.format(name=key.name, not_before=key.not_before, public=public)
