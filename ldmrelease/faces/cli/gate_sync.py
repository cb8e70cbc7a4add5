"""`ldmrelease gate sync`: whether the images of rendered manifests may enter the places that they are for."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.gate import gate_code
from ldmrelease.faces.cli.arguments import ProductOption, TargetOption, applications_of, release_now
from ldmrelease.faces.cli.bundle_arguments import (
    BundleOption,
    ClusterOption,
    LedgerOption,
    SeenOption,
    TrustDigestOption,
    TrustOption,
    bundle_reader,
    require_trust,
)
from ldmrelease.faces.cli.gate_options import GateOutputOption
from ldmrelease.faces.cli.gate_reports import ReportOption, report_files, write_reports
from ldmrelease.faces.cli.options import UsageError, examples
from ldmrelease.faces.cli.session import open_context_adopted, open_workspace
from ldmrelease.render.gate.formats import GateOutput, emit_gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ldmrelease.answers.gate import GateAnswer
    from ldmrelease.trees.manifests.manifest_images import CustomImages, ManifestFinding


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "sync",
        epilog=examples(
            "ldmrelease gate sync -f rendered.yaml --target summit/ocps",
            "helm template charts/prompt | ldmrelease gate sync -f - --target summit",
            "ldmrelease gate sync -f overlays/summit --target summit --output sarif",
        ),
    )(sync)


def sync(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Option(
            "--file",
            "-f",
            metavar="PATH",
            help="Manifests: a file, a folder, a chart, a kustomization, or - for the standard input; repeatable.",
        ),
    ],
    target: TargetOption,
    release: Annotated[
        str | None,
        typer.Option("--release", "-r", help="The release that component://NAME stands for."),
    ] = None,
    product: ProductOption = None,
    values: Annotated[
        list[Path] | None, typer.Option("--values", metavar="FILE", help="Values for a chart; repeatable.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="The namespace to render a chart for.")
    ] = None,
    bundle: BundleOption = None,
    trust: TrustOption = None,
    trust_digest: TrustDigestOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = None,
    cluster: ClusterOption = None,
    report: ReportOption = None,
    output: GateOutputOption = GateOutput.text,
) -> None:
    """Decide about every image in rendered manifests, at the places that they are for. Writes nothing.

    A chart is rendered by helm, a kustomization by kustomize. With --bundle and --trust no workspace is needed. Exit 0
    if all may enter, 1 if one is refused, 3 if one could not be decided or something could not be read, 4 if one has
    to wait.
    """
    from ldmrelease.render.gate.gate_text import gate_text  # noqa: PLC0415 - for this command of the group alone
    from ldmrelease.services.inventory.tree_images import installed  # noqa: PLC0415 - as above
    from ldmrelease.trees.manifests import manifest_sources as manifests  # noqa: PLC0415 - as above
    from ldmrelease.trees.manifests.manifest_images import ManifestReader  # noqa: PLC0415 - as above

    try:
        found = manifests.sources(files)
    except manifests.NoManifests as error:
        raise UsageError(str(error)) from None
    reports = report_files(report)
    helm, kustomize = installed(os.environ)
    settings = manifests.RenderSettings(os.environ, helm, kustomize, tuple(values or ()), namespace)
    stdin = _stdin() if Path(manifests.STDIN) in found else b""

    def read(custom: "Iterable[CustomImages]") -> "Iterable[ManifestFinding]":
        return manifests.read_sources(ManifestReader(custom), found, stdin, settings)

    if bundle is not None:
        from ldmrelease.faces.cli.gate_bundle import (  # noqa: PLC0415 - without a ledger alone
            BundleTarget,
            sync_by_bundle,
        )

        by_bundle = bundle_reader(ctx, trust, trust_digest, seen, ledger)
        answer = sync_by_bundle(by_bundle, bundle, BundleTarget(target, release, cluster), read)
    else:
        require_trust(open_workspace(ctx), trust_digest)
        answer = _by_ledger(ctx, target, release, product, read)
    write_reports(reports, answer, waiting_is_bad=True)
    emit_gate(answer, output, lambda: gate_text(answer), waiting_is_bad=True)
    raise typer.Exit(gate_code(answer.verdict, waiting_is_bad=True))


def _stdin() -> bytes:
    """What is piped in. A shell goes on where the program before the pipe has failed: nothing at all opens no gate."""
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise UsageError(
            "the standard input is empty", "check whether the command that renders the manifests failed"
        )
    return data


def _by_ledger(
    ctx: typer.Context,
    target: str,
    release: str | None,
    product: str | None,
    read: "Callable[[Iterable[CustomImages]], Iterable[ManifestFinding]]",
) -> "GateAnswer":
    """What the decisions of now say."""
    from ldmrelease.answers.gate_sync import sync_answer  # noqa: PLC0415 - as above
    from ldmrelease.faces.cli.advice import planned_advice  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.managed_images import custom_images  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.sync import gate_sync  # noqa: PLC0415 - as above

    context = open_context_adopted(ctx)
    applications = applications_of(context, target)
    asked = release_now(context, release, product) if release is not None else None
    result = gate_sync(context, applications, read(custom_images(context.topology)), asked)
    decided, blocked = planned_advice(context, result.decided)
    return sync_answer(result, [each.decision for each in decided], blocked, context.now())
