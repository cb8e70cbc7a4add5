"""`ldmrelease evidence import`: files of other tools, as what was observed there."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.evidence_imports import evidence_import_answer
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import canonical, times
from ldmrelease.domain.document_faults import DocumentFault, DocumentFaults
from ldmrelease.domain.images import is_digest
from ldmrelease.domain.statements import Statement, Subject
from ldmrelease.evidence_formats import codeowners
from ldmrelease.evidence_formats.found import ApprovalFound, Found, OwnersFound
from ldmrelease.evidence_formats.interface import OF_OUTSIDERS, EvidenceFormat
from ldmrelease.evidence_formats.registry import FORMATS
from ldmrelease.faces.cli.arguments import TARGET, ProductOption, release_now
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.evidence import unusable_words
from ldmrelease.render.evidence_imports import evidence_import_text
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.evidence.manual import UnusableEvidence, add, read_evidence, release_of, sign
from ldmrelease.services.evidence.outside import ImportOptions, OutsideFile, prepare
from ldmrelease.services.governance.observed_approvals import (
    BOARD,
    ImportedApproval,
    decided_elsewhere,
    import_approval,
    scope_of,
)

if TYPE_CHECKING:
    from ldmrelease.services.context import Context
    from ldmrelease.services.releases.pin import Pinned

EXAMPLES = examples(
    "ldmrelease evidence import trivy scan.json --subject w.2023.16 --component scipipe "
    "--database-updated 2023-04-21T06:00:00Z",
    "ldmrelease evidence import junit report.xml --subject w.2023.16 --check smoke --one-test smoke",
    "ldmrelease evidence import lsst-verify verify.json --subject w.2023.16",
    "ldmrelease evidence import jira RFC-1012.json --subject 24.0.0 --target production",
)
_FORMATS = ", ".join(FORMATS)


def import_file(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    format: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{_FORMATS}.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file; `-` reads standard input.")],
    subject: Annotated[str, typer.Option("--subject", metavar="RELEASE | DIGEST", help="What it is about.")],
    product: ProductOption = None,
    about: Annotated[
        str | None, typer.Option("--about", help="The release, its content, or an image.")
    ] = None,
    component: Annotated[
        str | None, typer.Option("--component", help="The image component it is about.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", help="Only this platform of the image.")
    ] = None,
    check: Annotated[str | None, typer.Option("--check", help="Results: of which check.")] = None,
    one_test: Annotated[
        str | None,
        typer.Option("--one-test", metavar="TEST", help="Results: all of them are this one test of it."),
    ] = None,
    database_updated: Annotated[
        str | None,
        typer.Option("--database-updated", metavar="TIME", help="Scans: how new the database was."),
    ] = None,
    owners: Annotated[
        Path | None, typer.Option("--codeowners", help="Reviews: the CODEOWNERS of the repository.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            *TARGET,
            help="Where it was observed; of approvals what they are for, a level or an application, too.",
        ),
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", help=f"Approvals: in which role; of Jira {BOARD}.")
    ] = None,
    alias: Annotated[
        str | None, typer.Option("--alias", help="Approvals: the alias of a menu that may move.")
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", help="Where the file comes from; else after its format.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the signed statement there; add it to nothing.")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Import a file of another tool: the key `bridge` signs what was observed there, and it is taken in.

    Approvals are those of Jira, and reviews with --role; all else becomes a statement. What does not count is said;
    exit 1 then; 2 where the file cannot be read, with all that is wrong in it.
    """
    context = open_context_here(ctx)
    known = FORMATS.get(format)
    if known is None:
        raise UsageError(f"there is no format {format!r}", did_you_mean(format, FORMATS))
    data = _bytes(file)
    found = _read(known, data, file)
    outside = OutsideFile(system or known.system, _name(file), canonical.digest(data))
    pinned = _pinned(context, subject, product)
    if isinstance(found, ApprovalFound) or role is not None:
        imported = _approval(context, pinned, found, data, target, role, alias)
        answer = evidence_import_answer(format, outside, approval=imported)
    else:
        options = ImportOptions(
            subject=subject if is_digest(subject) else None,
            about=about,
            component=component,
            platform=platform,
            check=check,
            one_test=one_test,
            environment=target,
            database=_time(database_updated),
            owners=None if owners is None else _owners(owners),
        )
        envelope = _signed(context, pinned, found, outside, options)
        if out is not None:
            out.write_bytes(envelope + b"\n")
            say(f"{out}: about {pinned.release.name}; next: ldmrelease evidence add {out}", err=True)
            return
        read = read_evidence(envelope)
        added = read if isinstance(read, UnusableEvidence) else add(context, pinned, read)
        if isinstance(added, UnusableEvidence):
            raise UsageError(unusable_words(added))
        answer = evidence_import_answer(format, outside, statement=added)
    emit(answer, output, lambda: evidence_import_text(answer))
    raise typer.Exit(answer.exit_code)


def _name(file: Path) -> str:
    return "standard input" if str(file) == "-" else file.name


def _bytes(file: Path) -> bytes:
    """What a file says; one that is too large is not read to its end."""
    if str(file) == "-":
        return sys.stdin.buffer.read(OF_OUTSIDERS.size + 1)
    with file.open("rb") as opened:
        return opened.read(OF_OUTSIDERS.size + 1)


def _read(known: EvidenceFormat, data: bytes, file: Path) -> Found:
    found = known.read(data)
    if not isinstance(found, DocumentFaults):
        return found
    name = shown(file) if str(file) != "-" else "standard input"
    raise BadInput([_problem(each, name) for each in found.faults])


def _problem(fault: DocumentFault, file: str) -> Problem:
    message, remedy = fault.message, None
    if fault.code == "unexpected" and fault.found is not None:
        message = f"{message}: found {fault.found}"
    if fault.expected is not None and fault.code != "not-json":
        remedy = f"it would have to be {fault.expected}"
    place = file, message, fault.line, fault.column, fault.path
    return Problem(*place, remedy, fault.found, fault.expected)


def _owners(file: Path) -> OwnersFound:
    found = _read(codeowners.FORMAT, _bytes(file), file)
    assert isinstance(found, OwnersFound)
    return found


def _pinned(context: "Context", subject: str, product: str | None) -> "Pinned":
    if not is_digest(subject):
        return release_now(context, subject, product)
    pinned = release_of(context, Statement("", "", (Subject("", subject),), {}))
    if pinned is None:
        raise UsageError(f"no pinned release has {subject}", "name the release with --subject")
    return pinned


def _time(text: str | None) -> "datetime | None":
    try:
        return None if text is None else times.instant(text)
    except ValueError as error:
        raise UsageError(f"--database-updated: {error}") from None


def _signed(
    context: "Context", pinned: "Pinned", found: Found, file: OutsideFile, options: ImportOptions
) -> bytes:
    prepared = prepare(context, pinned, found, file, options)
    if isinstance(prepared, UnusableEvidence):
        raise UsageError(f"{file.name}: {unusable_words(prepared)}")
    return sign(context.signers.bridge, prepared.type, prepared.subjects, prepared.predicate)


def _approval(
    context: "Context",
    pinned: "Pinned",
    found: Found,
    data: bytes,
    target: str | None,
    role: str | None,
    alias: str | None,
) -> ImportedApproval:
    if target is None:
        raise UsageError(
            "an approval is for a level, an environment or an application", "name it with --target"
        )
    decided, scope = decided_elsewhere(found), scope_of(context, target)
    for each in (decided, scope):
        if isinstance(each, UnusableEvidence):
            raise UsageError(unusable_words(each))
    assert isinstance(decided, ApprovalFound)
    assert not isinstance(scope, UnusableEvidence)
    imported = import_approval(context, pinned, decided, data, scope=scope, role=role or BOARD, alias=alias)
    if isinstance(imported, UnusableEvidence):
        raise UsageError(unusable_words(imported))
    return imported
