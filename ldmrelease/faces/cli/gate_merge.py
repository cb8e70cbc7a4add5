"""`ldmrelease gate merge`: whether the images that a change of a GitOps tree asks for may enter their places."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.gate import gate_code
from ldmrelease.faces.cli.bundle_arguments import (
    BundleOption,
    LedgerOption,
    SeenOption,
    TrustDigestOption,
    TrustOption,
    bundle_reader,
    digests,
    require_trust,
)
from ldmrelease.faces.cli.gate_comment import STDOUT, comment_writer
from ldmrelease.faces.cli.gate_options import GateOutputOption
from ldmrelease.faces.cli.gate_reports import ReportOption, report_files, write_reports
from ldmrelease.faces.cli.options import examples
from ldmrelease.faces.cli.session import open_context_adopted, open_workspace
from ldmrelease.render.gate.formats import GateOutput, emit_gate


def add_to(app: typer.Typer) -> None:
    """Make it a command of the group."""
    app.command(
        "merge",
        epilog=examples(
            "ldmrelease gate merge --base origin/main --head HEAD --tree .",
            "ldmrelease gate merge --base main --head feature --comment comment.md",
            "ldmrelease gate merge --base main --head feature --comment https://github.com/lsst-sqre/phalanx/pull/1",
        ),
    )(merge)


def merge(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    base: Annotated[
        str, typer.Option("--base", metavar="REV", help="The branch that the change is to be merged into.")
    ],
    head: Annotated[str, typer.Option("--head", metavar="REV", help="The revision that is to be merged.")],
    tree: Annotated[
        Path | None,
        typer.Option("--tree", metavar="DIR", help="A clone of the tree; else the workspace's repository."),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option(
            "--repository", help="Which of the workspace's repositories it is, if there are several."
        ),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option("--branch", help="Which branch of the workspace's it is, if there are several."),
    ] = None,
    comment: Annotated[
        str | None,
        typer.Option(
            "--comment",
            metavar="URL|FILE",
            help="Keep one comment on the pull request at URL, or write the comment to a file; - prints it.",
        ),
    ] = None,
    render: Annotated[
        bool,
        typer.Option(
            "--render/--no-render",
            help="Render the tree with Helm and Kustomize where they are installed; else only read its files.",
        ),
    ] = True,
    bundle: BundleOption = None,
    trust: TrustOption = None,
    trust_digest: TrustDigestOption = None,
    seen: SeenOption = None,
    ledger: LedgerOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 if something has to wait.")] = False,
    report: ReportOption = None,
    output: GateOutputOption = GateOutput.text,
) -> None:
    """Decide about every image that a change of a GitOps tree would deploy. Writes nothing.

    Refused is only what does not pass with time: a tag that cannot be parsed or does not exist, a kind of release
    that the level does not accept, a release that is on hold or was replaced there, another cycle. Whatever else is
    missing is listed as waiting. With --bundle neither the ledger nor a registry is asked. Exit 0 unless something is
    refused (1) or cannot be decided (3).
    """
    from ldmrelease.answers.gate_merges import merge_answer  # noqa: PLC0415 - for this command of the group alone
    from ldmrelease.faces.cli.advice import planned_advice  # noqa: PLC0415 - as above
    from ldmrelease.faces.cli.gate_bundle import merge_by_bundle  # noqa: PLC0415 - as above
    from ldmrelease.render.gate.merge_comment import merge_comment  # noqa: PLC0415 - as above
    from ldmrelease.render.gate.merge_text import merge_text  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.arriving import arriving  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.base_trust import require_continued  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.merge import gate_merge  # noqa: PLC0415 - as above
    from ldmrelease.services.gate.merge_trees import MergeQuestion  # noqa: PLC0415 - as above

    reports = report_files(report)
    write_comment = comment_writer(comment) if comment is not None else None
    question = MergeQuestion(base, head, tree, repository, branch)
    workspace = open_workspace(ctx)
    require_trust(workspace, trust_digest)
    if bundle is not None:
        reader = bundle_reader(ctx, trust, trust_digest, seen, ledger)
        require_continued(workspace, digests(reader.trust), base)
        answer = merge_by_bundle(reader, bundle, workspace, question, render=render)
    else:
        context = open_context_adopted(ctx)
        require_continued(workspace, workspace.trust_chain, base)
        found = gate_merge(context, context.requester, question, os.environ, render=render)
        advice = {
            each.digest: (each.decision, told)
            for each, told in zip(*planned_advice(context, found.decided), strict=True)
        }
        answer = merge_answer(found, question, context.now(), advice, arriving(context, found.images))
    write_reports(reports, answer, waiting_is_bad=strict)
    if write_comment is not None:
        write_comment(merge_comment(answer))
    if comment != STDOUT:
        emit_gate(answer, output, lambda: merge_text(answer), waiting_is_bad=strict)
    raise typer.Exit(gate_code(answer.verdict, waiting_is_bad=strict))
