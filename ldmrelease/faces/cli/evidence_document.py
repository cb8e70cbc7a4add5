"""`ldmrelease evidence document`: sign a document about a release as it is in the workspace, and take that in."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.evidence import added_answers, statements_code
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import ProductOption, release_now
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.render.evidence import added_text, unusable_words
from ldmrelease.render.output import Output, emit
from ldmrelease.services.evidence.documents import DocumentElsewhere, sign_document
from ldmrelease.services.evidence.manual import UnusableEvidence

EXAMPLES = examples(
    "ldmrelease evidence document documents/24.0.0/release-notes.md --kind release-notes --release 24.0.0",
    "ldmrelease evidence document documents/24.0.0/known-issues.md --kind known-issues --release 24.0.0 --output json",
)


def document(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document, where the workspace keeps it.")],
    kind: Annotated[str, typer.Option("--kind", help="What it is: release-notes, known-issues, ...")],
    release: Annotated[str, typer.Option("--release", help="The release that it is about.")],
    product: ProductOption = None,
    about: Annotated[
        str, typer.Option("--about", help="release, or content: what a rebuild keeps.")
    ] = "release",
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Sign a document about a release, and add that to the ledger. What is changed afterwards has to be signed again.

    The document stays where it is: `documents` in ldmrelease.yaml says where that has to be.
    """
    context = open_acting_context(ctx, key, "document")
    pinned = release_now(context, release, product)
    if about not in ("release", "content"):
        raise UsageError(f"a document is not about {about!r}", "write --about release or --about content")
    added = sign_document(context, context.signers.me, pinned, file.absolute(), kind, about)
    if isinstance(added, DocumentElsewhere):
        raise UsageError(f"{file}: {_WORDS[added.code]}", f"the workspace keeps it as {added.path}")
    if isinstance(added, UnusableEvidence):
        raise UsageError(unusable_words(added))
    answers = added_answers([added])
    emit(answers, output, lambda: added_text(added))
    raise typer.Exit(statements_code(answers))


_WORDS = {
    "no-file": "there is no such file",
    "elsewhere": "that is not where the workspace keeps this document",
    "bad-kind": "a kind of document is small letters, digits and dashes, like release-notes",
    "outside": "it leads out of the workspace's folder",
    "file-too-large": "it is larger than what is read of a document",
    "unreadable": "it cannot be read",
}
