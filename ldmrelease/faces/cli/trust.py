"""`ldmrelease trust`: keep the trust document."""

from typing import Annotated, Any

import typer

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.workspace import AdoptedTrustAnswer
from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.workspace.agreement import TrustChange, agreement, trust_file
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.faces.cli import trust_edit, trust_impact, trust_keys, trust_show, trust_signing
from ldmrelease.faces.cli.acting import named_key
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here, time_here, workspace_file
from ldmrelease.faces.cli.trust_writing import DryRunOption, YesOption, ask, carry_out
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.trust_version import trust_here
from ldmrelease.trust.signer import read_public_half

app = new_app("Keep the trust document.", examples=examples("ldmrelease trust agree --dry-run"))


@app.command(
    "agree",
    epilog=examples(
        "ldmrelease trust agree",
        "ldmrelease trust agree commissioning --yes",
        "ldmrelease trust agree --dry-run",
    ),
)
def agree(
    ctx: typer.Context,
    policies: Annotated[
        list[str] | None, typer.Argument(metavar="POLICY", help="Only these policies, by level.")
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Record the workspace's policies, products and checks, and the levels and targets of its environments.

    Shows the difference of the trust document and asks; its version is raised, and all else in it stays as it is.
    """
    file = workspace_file(ctx)
    found = agreement(file, policies or ())
    for name in policies or ():
        if name not in found.levels:
            raise UsageError(f"there is no policy {name!r}", did_you_mean(name, found.levels))
    carry_out(ctx, found.changes, output, dry_run=dry_run, yes=yes)


@app.command(
    "add-key",
    epilog=examples(
        "ldmrelease trust add-key grace grace.pem --role release-manager --person 'Grace Hopper'",
        "ldmrelease trust add-key ada ~/.ssh/id_ed25519.pub --role release-manager --person 'Ada Lovelace'",
        "ldmrelease trust add-key ci keys/ci.pem --role ci --yes",
    ),
)
def add_key(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The key's name in the trust document.")],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Its file, public or private, in PEM or as ssh has it; or ssh-agent:KEY.",
        ),
    ],
    role: Annotated[list[str], typer.Option("--role", help="What it may sign: a role of the document.")],
    person: Annotated[str | None, typer.Option("--person", help="Whose it is.  [default: NAME]")] = None,
    mail: Annotated[str | None, typer.Option("--mail", help="The person's mail address.")] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Add a key to the trust document; it counts from now on, in the workspace's time."""
    path, public = trust_file(workspace_file(ctx)), read_public_half(named_key(file))
    trust = load_trust(path)
    if trust.keyring.named(name) is not None:
        raise UsageError(f"there is a key {name!r} already", "choose another name: a key is never replaced")
    same = trust.keyring.find(public.keyid)
    if same is not None:
        raise UsageError(f"the key of {file} is in the document already, as {same.id!r}")
    known = [each.name for each in trust.keyring.roles]
    for each in role:
        if each not in known:
            remedy = did_you_mean(each, known) or f"make it with `ldmrelease trust role {each}`"
            raise UsageError(f"there is no role {each!r}", remedy)
    entry: dict[str, Any] = {"person": person or name}
    if mail is not None:
        entry["mail"] = mail
    entry |= {"roles": role, "not-before": times.spell(time_here(ctx)), "public": public.pem}
    carry_out(ctx, [TrustChange(("keys", name), None, entry)], output, dry_run=dry_run, yes=yes)


@app.command(
    "role",
    epilog=examples(
        "ldmrelease trust role summit-tests --type check --environment summit --repository 'ghcr.io/lsst/*'",
        "ldmrelease trust role observer --environment base --environment summit",
    ),
)
def role(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The role's name.")],
    type: Annotated[
        list[str] | None, typer.Option("--type", help="What it may sign, such as check, pin or request.")
    ] = None,
    environment: Annotated[
        list[str] | None, typer.Option("--environment", "-e", help="An environment it counts in; '*' is all.")
    ] = None,
    repository: Annotated[
        list[str] | None,
        typer.Option("--repository", help="A pattern of image repositories it counts for; '*' is all."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Make a role, or change one: each list that is given replaces the role's own."""
    path = trust_file(workspace_file(ctx))
    lists = {"types": type, "environments": environment, "repositories": repository}
    given = {key: value for key, value in lists.items() if value}
    changes = _role_changes(load_trust(path), name, given)
    carry_out(ctx, changes, output, dry_run=dry_run, yes=yes)


@app.command("adopt", epilog=examples("ldmrelease trust adopt", "ldmrelease trust adopt --yes --output json"))
def adopt_moved(ctx: typer.Context, yes: YesOption = False, output: OutputOption = Output.text) -> None:
    """Have the ledger remember the version of the trust document now, before anything else is done by it.

    The first thing that is done by a version does it as well. A document that does not continue, signature by
    signature, the one by which the ledger is used is refused (exit 3), wherever it is.
    """
    context = open_context_here(ctx)
    before, now = [each.body for each in context.adopted], trust_here(context.workspace)
    if not yes and (not before or before[-1].digest != now.digest):
        if before:
            say(
                f"this ledger is used by {printable(before[-1].file)} (version {before[-1].version})",
                err=True,
            )
        ask(f"go on by {printable(now.file)} (version {now.version})?", "recorded")
    context.adopt_trust()
    answer = AdoptedTrustAnswer(
        file=now.file, version=now.version, digest=now.digest, before=before[-1].file if before else None
    )
    emit(answer, output, lambda: f"the ledger is used by {printable(now.file)}, version {now.version}")


def _role_changes(trust: Trust, name: str, given: dict[str, list[str]]) -> list[TrustChange]:
    there = next((each for each in trust.keyring.roles if each.name == name), None)
    if there is None:
        if len(given) < 3:
            remedy = "say --type, --environment and --repository; '*' is all environments or repositories"
            raise UsageError(f"there is no role {name!r}, and a new one says what it may do", remedy)
        return [TrustChange(("roles", name), None, given)]
    return [
        TrustChange(("roles", name, key), before, value)
        for key, value in given.items()
        if sorted(before := list(getattr(there, key))) != sorted(set(value))
    ]


for _each in (trust_signing, trust_keys, trust_edit, trust_show, trust_impact):
    _each.add_to(app)
