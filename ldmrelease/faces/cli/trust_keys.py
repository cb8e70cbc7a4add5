"""`ldmrelease trust rotate` and `trust revoke`: keys that are replaced, and keys that count no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.workspace.agreement import TrustChange, trust_file
from ldmrelease.config.workspace.load import named_places
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.faces.cli.acting import KEY_METAVAR, named_key
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.past_options import past_moment
from ldmrelease.faces.cli.session import time_here, workspace_file
from ldmrelease.faces.cli.trust_writing import DryRunOption, YesOption, carry_out
from ldmrelease.render.output import Output, say
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.signer import KeyPlace, KeyProblem, read_public_half

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A key, by its name in the trust document.")]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the group."""
    app.command(
        "rotate",
        epilog=examples(
            "ldmrelease trust rotate runner --new keys/runner-2.pem",
            "ldmrelease trust rotate me --new keys/me-2.pem --name ada-2 --yes",
        ),
    )(rotate)
    app.command(
        "revoke",
        epilog=examples(
            "ldmrelease trust revoke ci",
            "ldmrelease trust revoke ci --compromised-since 2026-11-20T08:00:00Z --yes",
        ),
    )(revoke)


def rotate(
    ctx: typer.Context,
    key: KeyArgument,
    new: Annotated[
        str, typer.Option("--new", metavar=KEY_METAVAR, help="The new key: its private or its public half.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Its name in the document.  [default: KEY-2 ...]")
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Replace a key: the new one has its person and roles from now on, and what the old one signs later does not count.

    A root key is replaced among the root keys, too; then the old and the new one sign, where both are at hand. Name the
    new file under `keys:` in the workspace's file afterwards.
    """
    path, place = trust_file(workspace_file(ctx)), named_key(new)
    trust, public = load_trust(path), read_public_half(place)
    old, now = _known(trust, key), times.spell(time_here(ctx))
    same = trust.keyring.find(public.keyid)
    if same is not None:
        raise UsageError(f"the key of {new} is in the document already, as {same.id!r}")
    known = {each.id for each in trust.keyring.keys}
    if name in known:
        raise UsageError(f"there is a key {name!r} already", "choose another name")
    called = name or next(each for number in range(2, 1000) if (each := f"{key}-{number}") not in known)
    entry: dict[str, Any] = {"person": old.person}
    if old.mail is not None:
        entry["mail"] = old.mail
    entry |= {"roles": list(old.roles), "not-before": now, "public": public.pem}
    changes = [TrustChange(("keys", called), None, entry)]
    if old.not_after is None or times.spell(old.not_after) > now:
        before = times.spell(old.not_after) if old.not_after is not None else None
        changes.append(TrustChange(("keys", key, "not-after"), before, now))
    roots = _roots(trust)
    if key in roots:
        replaced = [called if each == key else each for each in roots]
        changes.append(TrustChange(("root", "keys"), roots, replaced))
    carry_out(
        ctx,
        changes,
        output,
        dry_run=dry_run,
        yes=yes,
        keys=[place] if _is_private(new) and key in roots else (),
    )
    if output.is_text and not dry_run:
        for line in _places_to_change(workspace_file(ctx), old, new):
            say(line)


def revoke(
    ctx: typer.Context,
    key: KeyArgument,
    compromised_since: Annotated[
        str | None,
        typer.Option(
            "--compromised-since",
            metavar="TIME",
            help="Since when somebody else may have it, as 2026-11-20T08:00:00Z or `2h ago`: nothing since counts.",
        ),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Let a key count no more: what it signs from now on, or has signed since it was compromised.

    It is taken out of the root keys. `ldmrelease trust impact KEY` lists first what rests on it.
    """
    trust, now = load_trust(trust_file(workspace_file(ctx))), time_here(ctx)
    old = _known(trust, key)
    since = past_moment("--compromised-since", compromised_since, now)
    if since is not None:
        before = times.spell(old.compromised_since) if old.compromised_since is not None else None
        changes = [TrustChange(("keys", key, "compromised-since"), before, times.spell(since))]
    else:
        ended = times.spell(old.not_after) if old.not_after is not None else None
        changes = [TrustChange(("keys", key, "not-after"), ended, times.spell(now))]
    roots = _roots(trust)
    if key in roots:
        left = [each for each in roots if each != key]
        if not left:
            raise UsageError(f"{key} is the only root key", "`ldmrelease trust rotate` replaces it")
        changes.append(TrustChange(("root", "keys"), roots, left))
    carry_out(ctx, changes, output, dry_run=dry_run, yes=yes)


def _places_to_change(workspace: Path, old: Key, new: str) -> Iterator[str]:
    """What to write in the workspace's file in place of the old key."""
    named = new
    if not _is_private(new):
        named = "FILE"
    elif not new.startswith("ssh-agent:"):
        root, file = workspace.resolve().parent, Path(new).resolve()
        named = str(file.relative_to(root) if file.is_relative_to(root) else file)
    for purpose, place in named_places(workspace).items():
        if _keyid(place) == old.keyid:
            yield f"next: write `{purpose}: {named}` under `keys:` in {workspace.name}"


def _keyid(place: KeyPlace) -> str | None:
    try:
        return read_public_half(place).keyid
    except KeyProblem:
        return None


def _known(trust: Trust, name: str) -> Key:
    found = trust.keyring.named(name)
    if found is None:
        known = [each.id for each in trust.keyring.keys]
        raise UsageError(f"there is no key {name!r}", did_you_mean(name, known))
    return found


def _roots(trust: Trust) -> list[str]:
    return [each.name for each in trust.as_version.roots]


def _is_private(text: str) -> bool:
    return text.startswith("ssh-agent:") or "PRIVATE KEY" in Path(text).read_text(errors="replace")
