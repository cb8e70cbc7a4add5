"""`ldmrelease bundle`: what a gate decides by that reaches neither ledger nor network."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.bundles import bundle_answer, bundle_contents, usable_bundle
from ldmrelease.answers.sentences.bundles import bundle_words
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.atomic_files import replace_file
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.faces.cli.bundle_arguments import (
    BundleArgument,
    LedgerOption,
    SeenOption,
    TrustDigestOption,
    TrustOption,
    bundle_reader,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.bundles import bundle_text, contents_text
from ldmrelease.render.output import Output, as_yaml, emit, say
from ldmrelease.services.bundles.admission_policy import admission_policy as admission_policy_objects
from ldmrelease.services.bundles.bundle_reader import open_bundle
from ldmrelease.services.bundles.export import (
    EXPIRES_AFTER,
    FRESH_FOR,
    RELEASES,
    ExportedBundle,
    ExportOptions,
    export_bundle,
)
from ldmrelease.services.bundles.publish_bundle import publish_bundle
from ldmrelease.services.bundles.source import artifact_reference, read_bundle, source_of
from ldmrelease.services.context import Context
from ldmrelease.trust.bundles import VerifiedBundle
from ldmrelease.trust.verify import Rejected

app = new_app(
    "Export, publish and verify bundles, for gates that have no ledger.",
    examples=examples("ldmrelease bundle export bundle.json", "ldmrelease bundle verify bundle.json"),
)

STANDARD = Path("-")


class NotUsable(LdmreleaseError):
    """A bundle that was named cannot be used: nothing was written (exit 3)."""


FreshForOption = Annotated[
    str,
    typer.Option(
        "--fresh-for", metavar="DURATION", help="How old it may be before a gate warns, such as 24h."
    ),
]
ExpiresAfterOption = Annotated[
    str,
    typer.Option(
        "--expires-after", metavar="DURATION", help="How old it may be before nothing is decided by it."
    ),
]
ReleasesOption = Annotated[
    int,
    typer.Option(
        "--releases",
        metavar="NUMBER",
        min=0,
        help="How many of the newest releases of each product to decide about.",
    ),
]
ExemptOption = Annotated[
    list[str] | None,
    typer.Option(
        "--exempt-namespace",
        metavar="ENVIRONMENT/NAMESPACE",
        help="A namespace that admission policies made from it exempt; repeatable.",
    ),
]


@app.command(
    "export",
    epilog=examples(
        "ldmrelease bundle export bundle.json",
        "ldmrelease bundle export bundle.json --fresh-for 12h --expires-after 7d",
        "ldmrelease bundle export bundle.json --exempt-namespace summit/kube-system",
        "ldmrelease bundle export policy.yaml --admission-policy -e summit --bundle bundle.json",
    ),
)
def export(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FILE | -", help="A file; `-` is standard output.")],
    fresh_for: FreshForOption = f"{FRESH_FOR // 3600}h",
    expires_after: ExpiresAfterOption = f"{EXPIRES_AFTER // 86400}d",
    releases: ReleasesOption = RELEASES,
    exempt_namespace: ExemptOption = None,
    admission_policy: Annotated[
        bool,
        typer.Option(
            "--admission-policy", help="Write the allow list as a ValidatingAdmissionPolicy, in YAML."
        ),
    ] = False,
    target: Annotated[
        str | None,
        typer.Option(
            "--environment",
            "-e",
            "--target",
            "-t",
            metavar="ENVIRONMENT",
            help="The environment of the admission policy.",
        ),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option(
            "--bundle",
            metavar="BUNDLE",
            help="Make the admission policy from this bundle; export no new one.",
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Decide about the newest releases at every place, and sign that with the allow list of each environment.

    Its serial is recorded in the ledger, and rises with every export. An existing file is replaced. With
    --admission-policy the file is what `kubectl apply --server-side -f FILE` reads.
    """
    if bundle is not None and not admission_policy:
        raise UsageError("--bundle names a bundle that is there already", "say --admission-policy")
    if bundle is not None:
        verified, envelope = _there(ctx, bundle), b""
    else:
        context = open_context_here(ctx)
        if admission_policy:
            _one_environment(context.topology.environments, target)
        made = _export(context, _options(fresh_for, expires_after, releases, exempt_namespace))
        verified, envelope = made.verified, made.envelope
    data = _policy(verified, target) if admission_policy else envelope
    if out == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    _write(out, data)
    answer = usable_bundle(str(out), verified)
    emit(answer, output, lambda: bundle_text(answer))


@app.command(
    "publish",
    epilog=examples(
        "ldmrelease bundle publish registry.example.org/ldmrelease/bundle:production",
        "ldmrelease bundle publish registry.example.org/ldmrelease/bundle:production --bundle bundle.json",
    ),
)
def publish(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(metavar="REFERENCE", help="HOST/PATH:TAG; gates read it from oci://HOST/PATH:TAG."),
    ],
    bundle: Annotated[
        str | None,
        typer.Option("--bundle", metavar="FILE", help="A bundle that was exported; else a new one is."),
    ] = None,
    fresh_for: FreshForOption = f"{FRESH_FOR // 3600}h",
    expires_after: ExpiresAfterOption = f"{EXPIRES_AFTER // 86400}d",
    releases: ReleasesOption = RELEASES,
    exempt_namespace: ExemptOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Push a bundle to a registry, as an OCI artifact. A bundle with a higher serial is not replaced."""
    context = open_context_here(ctx)
    where = artifact_reference(reference)
    if where.tag is None:
        raise UsageError(f"{reference} has no tag", "name one, such as :production")
    options = _options(fresh_for, expires_after, releases, exempt_namespace)
    envelope = (
        _export(context, options).envelope if bundle is None else read_bundle(bundle, context.registries)
    )
    verified, manifest = publish_bundle(context, where, envelope)
    answer = usable_bundle(source_of(where), verified, manifest)
    emit(answer, output, lambda: bundle_text(answer))


@app.command(
    "verify",
    epilog=examples(
        "ldmrelease bundle verify bundle.json",
        "ldmrelease bundle verify oci://registry.example.org/ldmrelease/bundle:production --trust trust.yaml",
        "ldmrelease bundle verify bundle.json --trust trust.yaml --seen .cache/bundles.json",
    ),
)
def verify(
    ctx: typer.Context,
    source: BundleArgument,
    trust: TrustOption = None,
    trust_digest: TrustDigestOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Check that a gate may decide by a bundle: signed, of this ledger, no older than one seen before, not expired.

    No ledger is asked, and no network except for `oci://`. Exit 3 where a gate may not; a stale bundle gets a warning.
    """
    reader = bundle_reader(ctx, trust, trust_digest, seen, ledger)
    answer = bundle_answer(source, open_bundle(reader, source))
    emit(answer, output, lambda: bundle_text(answer))
    raise typer.Exit(answer.exit_code)


@app.command(
    "show",
    epilog=examples(
        "ldmrelease bundle show bundle.json",
        "ldmrelease bundle show oci://registry.example.org/ldmrelease/bundle:production --output json",
    ),
)
def show(
    ctx: typer.Context,
    source: BundleArgument,
    trust: TrustOption = None,
    trust_digest: TrustDigestOption = None,
    ledger: LedgerOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show the allow lists and the decisions in a bundle. Its serial is not remembered.

    A bundle that does not verify is not shown: exit 3.
    """
    reader = bundle_reader(ctx, trust, trust_digest, None, ledger, remember=False)
    answer = bundle_contents(source, open_bundle(reader, source))
    emit(answer, output, lambda: contents_text(answer))
    raise typer.Exit(answer.exit_code)


def _export(context: Context, options: ExportOptions) -> ExportedBundle:
    made = export_bundle(context, options)
    for each in made.notices:
        say(f"notice: {refusal_words(each)}", err=True)
    return made


def _there(ctx: typer.Context, source: str) -> VerifiedBundle:
    found = open_bundle(bundle_reader(ctx, None, None, None, None), source)
    if isinstance(found, Rejected):
        raise NotUsable(f"{source}: {bundle_words(found.code, found.values)}; nothing was written")
    return found.verified


def _policy(verified: VerifiedBundle, environment: str | None) -> bytes:
    name = _one_environment([each.name for each in verified.bundle.environments], environment)
    found = verified.bundle.environment(name)
    assert found is not None
    return "---\n".join(map(as_yaml, admission_policy_objects(verified, found))).encode()


def _one_environment(names: Sequence[str], named: str | None) -> str:
    if named is None and len(names) == 1:
        return names[0]
    if named is None:
        raise UsageError("a policy is of one environment", f"say -e with one of {', '.join(names)}")
    if named not in names:
        raise UsageError(f"there is no environment {named!r}", did_you_mean(named, names) or "")
    return named


def _options(fresh_for: str, expires_after: str, releases: int, exempt: list[str] | None) -> ExportOptions:
    namespaces: dict[str, tuple[str, ...]] = {}
    for each in exempt or ():
        environment, slash, name = each.partition("/")
        if not slash or not name:
            raise UsageError(f"{each!r} is no namespace of an environment", "write ENVIRONMENT/NAMESPACE")
        namespaces[environment] = (*namespaces.get(environment, ()), name)
    return ExportOptions(_seconds(fresh_for), _seconds(expires_after), releases, namespaces)


def _seconds(text: str) -> int:
    try:
        return times.seconds(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a gate may be reading the file that is there."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
