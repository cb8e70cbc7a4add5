"""`ldmrelease trust init` and `trust sign`: by whom the trust document is signed."""

from typing import Annotated

import typer

from ldmrelease.answers.trust_signatures import signatures_answer
from ldmrelease.answers.workspace import TrustAnswer
from ldmrelease.config.trust import load_trust
from ldmrelease.config.workspace.agreement import TrustChange, trust_file
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.acting import KEY_METAVAR, named_key
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.faces.cli.trust_writing import (
    DryRunOption,
    YesOption,
    ask,
    carry_out,
    change_answers,
    own_keys,
)
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.trust_documents import changes_text, signatures_text
from ldmrelease.services.operations.trust_document import sign, standing, unsigned_changes
from ldmrelease.trust.signer import read_public_half


def add_to(app: typer.Typer) -> None:
    """Make them commands of the group."""
    app.command(
        "init",
        epilog=examples(
            "ldmrelease trust init",
            "ldmrelease trust init ada grace --threshold 2",
            "ldmrelease trust init --dry-run",
        ),
    )(init)
    app.command(
        "sign",
        epilog=examples(
            "ldmrelease trust sign", "ldmrelease trust sign --key ssh-agent:ada@example.org --yes"
        ),
    )(sign_document)


def init(
    ctx: typer.Context,
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY", help="Keys of the document.  [default: the own one, `me`]"),
    ] = None,
    threshold: Annotated[
        int, typer.Option("--threshold", metavar="N", min=1, help="How many persons have to sign.")
    ] = 1,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Name the root keys of a trust document that nobody has signed so far, and sign its first version.

    `ldmrelease init` has done it for a new workspace. From then on each version is signed by root keys of the version
    before and by its own.
    """
    workspace = workspace_file(ctx)
    trust = load_trust(trust_file(workspace))
    if trust.chain.newest is not None:
        remedy = "`ldmrelease trust rotate` replaces a root key, `ldmrelease trust edit` changes all else"
        raise UsageError(f"version {trust.chain.newest.version} is signed already", remedy)
    named = keys or [
        found.id
        for each in own_keys(workspace)
        if (found := trust.keyring.find(read_public_half(each).keyid)) is not None
    ]
    if not named:
        raise UsageError("the document does not have the key `me`", "name its root keys")
    known = [each.id for each in trust.keyring.keys]
    for each in named:
        if each not in known:
            raise UsageError(f"there is no key {each!r}", did_you_mean(each, known))
    root = {"keys": named, "threshold": threshold}
    before = trust.document.plain.get("root")
    changes = [TrustChange(("root",), before, root)]
    carry_out(ctx, changes, output, dry_run=dry_run, yes=yes, first=True)


def sign_document(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar=KEY_METAVAR, help="The key that signs.  [default: the workspace's `keys.me`]"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show what would be signed, and write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Sign it without asking.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Sign the trust document as it is: adds one signature, and says how many are missing then.

    Shows what the document says otherwise than its newest signed version, and asks. Exit 1 where the key is none that
    may sign it.
    """
    workspace = workspace_file(ctx)
    file = trust_file(workspace)
    trust = load_trust(file)
    changes = unsigned_changes(trust)
    wanted = trust.unsigned is not None and not dry_run
    if wanted and not yes:
        say(changes_text(change_answers(changes)), err=True)
        ask(f"sign version {trust.version} of {file.name}?", "signed")
    signed = (
        sign(file, [named_key(key)] if key else own_keys(workspace), at=time_here(ctx))
        if wanted
        else standing(trust)
    )
    answer = TrustAnswer(
        file=str(file),
        version=trust.version,
        written=wanted and not signed.not_by_us,
        signatures=signatures_answer(signed),
        changes=change_answers(changes),
        difference="",
    )
    shown = [changes_text(answer.changes)] if changes and (yes or dry_run) else []
    emit(
        answer,
        output,
        lambda: "\n".join(
            [*shown, f"version {answer.version}: {signatures_text(signatures_answer(signed))}"]
        ),
    )
    if wanted and signed.not_by_us:
        raise typer.Exit(1)
