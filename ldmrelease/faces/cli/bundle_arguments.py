"""How a command is told of a bundle, and of what it is judged by."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.config.workspace import cache
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import times
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.services.context import wall_clock

if TYPE_CHECKING:
    from ldmrelease.config.trust import Trust
    from ldmrelease.services.bundles.bundle_reader import BundleReader

BundleArgument = Annotated[
    str,
    typer.Argument(metavar="BUNDLE", help="A file, or oci://HOST/PATH:TAG where it was published."),
]
TrustOption = Annotated[
    Path | None,
    typer.Option("--trust", metavar="FILE", help="The trust document.  [default: the workspace's]"),
]
TrustDigestOption = Annotated[
    str | None,
    typer.Option(
        "--trust-digest",
        metavar="DIGEST",
        help="The digest that the trust document has to have, as `bundle show` prints it.",
    ),
]
SeenOption = Annotated[
    Path | None,
    typer.Option(
        "--seen",
        metavar="FILE",
        help="Where the highest serials seen are kept.  [default: in the user's state folder]",
    ),
]
LedgerOption = Annotated[
    str | None, typer.Option("--ledger", metavar="UUID", help="Accept bundles of this ledger only.")
]

BundleOption = Annotated[
    str | None,
    typer.Option("--bundle", metavar="BUNDLE", help="Decide by this bundle: a file, or oci://HOST/PATH:TAG."),
]

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="UID",
        help="The UID of the target cluster's kube-system namespace; a bundle for another cluster decides nothing.",
    ),
]


def bundle_reader(
    ctx: typer.Context,
    trust: Path | None,
    trust_digest: str | None,
    seen: Path | None,
    ledger: str | None,
    *,
    remember: bool = True,
) -> "BundleReader":
    """What a bundle is judged by. With a trust document no workspace is needed, and none is used.

    Raises `UsageError`, `BadInput`, `NotSigned`, `TrustExpired`.
    """
    from ldmrelease.registry.opening import Registries  # noqa: PLC0415 - gates with a ledger go without
    from ldmrelease.registry.repository import RegistryOptions  # noqa: PLC0415 - as above
    from ldmrelease.services.bundles.bundle_reader import BundleReader  # noqa: PLC0415 - as above
    from ldmrelease.services.bundles.seen import seen_file  # noqa: PLC0415 - as above

    workspace = _workspace(ctx) if trust is None else None
    clock = workspace.clock if workspace is not None else None
    document = _trusted(trust if workspace is None else workspace.trust, trust_digest, clock or wall_clock())
    file = seen or seen_file(os.environ, Path.home())
    options = RegistryOptions(insecure=frozenset(workspace.insecure if workspace is not None else ()))
    return BundleReader(
        registries=Registries(workspace.root if workspace is not None else Path.cwd(), options),
        trust=document,
        now=clock or wall_clock(),
        clock=clock is not None,
        seen=file if remember else None,
        ledger=ledger,
    )


def require_trust(workspace: Workspace, digest: str | None) -> None:
    """Raise `UsageError` where the workspace's trust document is not the one that is asked for."""
    if digest not in (None, workspace.trust_digest):
        raise UsageError(f"{workspace.trust} says {workspace.trust_digest}, and {digest} is asked for")


def _workspace(ctx: typer.Context) -> Workspace:
    try:
        return cache.open_workspace(workspace_file(ctx), os.environ)
    except BadInput as error:
        raise UsageError(
            "no trust document is named", f"name one with --trust, or a workspace: {error}"
        ) from error


def digests(trust: "Trust") -> dict[int, str]:
    """The signed versions of a trust document."""
    return {each.version: each.digest for each in trust.chain.versions}


def _trusted(path: Path | None, digest: str | None, now: datetime) -> "Trust":
    from ldmrelease.config.trust import load_trust  # noqa: PLC0415 - knows YAML and pydantic
    from ldmrelease.config.trust_signatures import signatures_file  # noqa: PLC0415 - as above
    from ldmrelease.services.trust_version import NotSigned, TrustExpired  # noqa: PLC0415 - as above

    assert path is not None
    trust = load_trust(path)
    if digest not in (None, trust.digest):
        raise UsageError(f"{path} says {trust.digest}, and {digest} is asked for")
    fault = trust.unsigned
    if fault is not None and digest is None:
        raise NotSigned(
            f"{path} is not signed: {fault.detail}; bring {signatures_file(path).name} with it, or say --trust-digest"
        )
    if trust.expires is not None and now >= trust.expires:
        raise TrustExpired(
            f"{path} (version {trust.version}) expired at {times.spell(trust.expires)}: nothing can be decided by it; "
            "bring the newest version"
        )
    return trust
