"""`ldmrelease evidence`: sign, add, import, list and verify statements."""

import enum
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ldmrelease.answers.evidence import added_answers, statement_answers, statements_code
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import canonical
from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES, statement_type
from ldmrelease.domain.strict_json import read_limited
from ldmrelease.faces.cli.acting import KEY_METAVAR, named_key
from ldmrelease.faces.cli.arguments import ProductOption, ReleaseArgument, release_now
from ldmrelease.faces.cli.evidence_document import EXAMPLES as DOCUMENT_EXAMPLES
from ldmrelease.faces.cli.evidence_document import document
from ldmrelease.faces.cli.evidence_import import EXAMPLES as IMPORT_EXAMPLES
from ldmrelease.faces.cli.evidence_import import import_file
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.evidence import added_text, evidence_table, unusable_words, verified_text
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.context import Context
from ldmrelease.services.evidence.manual import (
    ReadEvidence,
    UnusableEvidence,
    add,
    beyond_limit,
    evaluate_all,
    evaluate_evidence,
    read_evidence,
    release_of,
    sign,
    subjects_about,
)
from ldmrelease.services.evidence.predicates import check_result, provenance
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.signer import load_signer

app = new_app(
    "Sign, add, import, list and verify statements about releases.",
    examples=examples(
        "ldmrelease evidence sign w.2023.16 --type provenance --component scipipe --key keys/ci.pem --out p.json",
        "ldmrelease evidence add p.json",
        "ldmrelease evidence list w.2023.16",
    ),
)

_SIGNABLE = tuple(name for name, each in STATEMENT_TYPES.items() if not each.local)


class ResultOption(enum.StrEnum):
    """What came of a check."""

    passed = "passed"
    failed = "failed"


class AboutOption(enum.StrEnum):
    """What a statement is about."""

    release = "release"
    content = "content"
    image = "image"
    configuration = "configuration"


@app.command(
    "sign",
    epilog=examples(
        "ldmrelease evidence sign w.2023.16 --type provenance --component scipipe --key keys/ci.pem --out p.json",
        "ldmrelease evidence sign w.2023.16 --type sbom --component scipipe --platform linux/amd64 "
        "--predicate sbom.json --key keys/ci.pem",
        "ldmrelease evidence sign 24.0.0 --type check --check versions --run run-0123456789abcdef "
        "--result passed --key keys/runner.pem",
    ),
)
def sign_statement(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    release: ReleaseArgument,
    type: Annotated[
        str,
        typer.Option("--type", help=f"{', '.join(_SIGNABLE)}, or the URI of a predicate type."),
    ],
    key: Annotated[
        str, typer.Option("--key", metavar=KEY_METAVAR, help="The private key that signs; of kind P-256.")
    ],
    product: ProductOption = None,
    about: Annotated[
        AboutOption | None,
        typer.Option(
            "--about",
            help="The release, its content, its configuration (the commits), or an image.",
        ),
    ] = None,
    component: Annotated[
        str | None, typer.Option("--component", help="The image component it is about.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option("--platform", help="Only this platform of the image.")
    ] = None,
    predicate: Annotated[
        Path | None,
        typer.Option("--predicate", help="A JSON file with the predicate; `-` reads it from stdin."),
    ] = None,
    builder: Annotated[
        str | None, typer.Option("--builder", help="Provenance: the URI of whoever built it.")
    ] = None,
    check: Annotated[str | None, typer.Option("--check", help="A check's result: of which check.")] = None,
    result: Annotated[
        ResultOption | None, typer.Option("--result", help="A check's result: what came of it.")
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option(
            "--failed", help="A check's result: a test that failed; repeatable. Left out: all of them."
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="A check's result: the run that was registered.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; else standard output.")
    ] = None,
) -> None:
    """Sign a statement about a release, its content or one of its images. The ledger is not changed.

    The predicate comes from a file, or for provenance and results of checks from the options.
    """
    context = open_context_here(ctx)
    pinned = release_now(context, release, product)
    if "://" not in type and type not in STATEMENT_TYPES:
        raise UsageError(f"there is no type {type!r} of statement", did_you_mean(type, STATEMENT_TYPES))
    meant = about or (AboutOption.image if component is not None else AboutOption.release)
    subjects = subjects_about(pinned, meant, component, platform)
    if isinstance(subjects, UnusableEvidence):
        raise UsageError(unusable_words(subjects))
    if predicate is not None:
        body = _read_predicate(predicate)
    elif type == "provenance":
        body = provenance(context, pinned, builder)
    elif type == "check":
        body = _result(context, pinned, check, _outcome(result, tuple(failed or ())), run)
    else:
        raise UsageError(
            f"a statement of type {type!r} needs its predicate", "name a JSON file with --predicate"
        )
    signer = load_signer(named_key(key))
    if context.keyring.find(signer.keyid) is None:
        say(
            f"warning: the trust document does not have the key {key}: its statements will not count",
            err=True,
        )
    envelope = sign(signer, type, subjects, body)
    if out is None:
        sys.stdout.buffer.write(envelope + b"\n")
        return
    out.write_bytes(envelope + b"\n")
    say(f"{out}: {type} about {pinned.release.name}; next: ldmrelease evidence add {out}", err=True)


app.command("document", epilog=DOCUMENT_EXAMPLES)(document)


def _read_predicate(path: Path) -> dict[str, Any]:
    data = _bytes(path)
    try:
        plain = canonical.parse(data)
    except canonical.NotCanonical as error:
        raise UsageError(
            f"{path}: {error}", "a predicate is one JSON object, without floats or doubled keys"
        ) from None
    if not isinstance(plain, dict):
        raise UsageError(f"{path}: a predicate is a JSON object, this is a {type(plain).__name__}")
    return plain


def _outcome(result: ResultOption | None, failed: tuple[str, ...]) -> tuple[str, ...] | None:
    """The tests that failed; None for all of them. Nobody signs a pass who has not said so."""
    if result is None and not failed:
        raise UsageError(
            "say what came of the check", "add --result passed, or --failed with each test that failed"
        )
    if result is ResultOption.passed and failed:
        raise UsageError(
            "a check with a test that failed has not passed", "leave out --result passed or --failed"
        )
    return failed or (None if result is ResultOption.failed else ())


def _result(
    context: Context, pinned: Pinned, name: str | None, failed: tuple[str, ...] | None, run: str | None
) -> dict[str, Any]:
    known = [each.name for each in context.topology.checks]
    check = context.topology.check(name or "")
    if check is None:
        raise UsageError(
            "say with --check of which check" if name is None else f"there is no check {name!r}",
            did_you_mean(name or "", known),
        )
    try:
        return check_result(context, pinned, check, check.tests if failed is None else failed, run)
    except LookupError:
        command = f"ldmrelease check-run {check.name} {pinned.release.name} --target ..."
        raise UsageError(
            f"no run {run!r} of {pinned.release.name} is registered", f"register one with `{command}`"
        ) from None
    except ValueError as error:
        raise UsageError(str(error)) from None


@app.command(
    "add",
    epilog=examples(
        "ldmrelease evidence add scipipe.provenance.json",
        "ldmrelease evidence add *.json --release w.2023.16",
        "ldmrelease evidence add sha256:30cb2f1a.jsonl",
    ),
)
def add_statements(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Envelopes, bare or in sigstore bundles; one a line in FILE.jsonl."
        ),
    ],
    release: Annotated[
        str | None, typer.Option("--release", help="What they are about, where it is not pinned yet.")
    ] = None,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Add statements to the ledger, and attach them to what they are about. All are read before the first is added.

    What does not count is said; exit 1 then. What nobody in the trust document has signed is attached, and the
    ledger does not take it in.
    """
    context = open_context_here(ctx)
    known = release_now(context, release, product) if release is not None else None
    prepared = [_prepared(context, *each, known) for file in files for each in _read_all(file)]
    added = []
    for file, read, pinned in prepared:
        answer = add(context, pinned, read)
        if isinstance(answer, UnusableEvidence):
            raise UsageError(f"{file}: {unusable_words(answer)}")
        added.append(answer)
    answers = added_answers(added)
    emit(answers, output, lambda: "\n".join(map(added_text, added)))
    raise typer.Exit(statements_code(answers))


def _prepared(
    context: Context, file: str, read: ReadEvidence, known: Pinned | None
) -> tuple[str, ReadEvidence, Pinned]:
    if statement_type(read.statement.predicate_type).local:
        raise UsageError(f"{file}: {unusable_words(UnusableEvidence('receipt', {}))}")
    pinned = known or release_of(context, read.statement)
    if pinned is None:
        subjects = ", ".join(each.digest for each in read.statement.subjects[:3])
        raise UsageError(
            f"{file}: no pinned release has what it is about ({subjects})", "name the release with --release"
        )
    return file, read, pinned


def _bytes(path: Path) -> bytes:
    """What a file says, or standard input for `-`. Raises `UsageError` for what is more than is read."""
    if str(path) == "-":
        data = read_limited(sys.stdin.buffer)
    else:
        with path.open("rb") as file:
            data = read_limited(file)
    if isinstance(data, DocumentFaults):
        raise UsageError(f"{path}: {unusable_words(beyond_limit(data.first))}")
    return data


def _read_all(file: Path) -> list[tuple[str, ReadEvidence]]:
    """The statements in a file, and where each stands: one, or one a line as `gh attestation download` writes them."""
    data = _bytes(file)
    if file.suffix != ".jsonl":
        return [(str(file), _read(str(file), data))]
    lines = [(f"{file}:{number}", line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    if not lines:
        raise UsageError(f"{file}: there is nothing in it")
    return [(where, _read(where, line)) for where, line in lines]


def _read(where: str, data: bytes) -> ReadEvidence:
    read = read_evidence(data)
    if isinstance(read, UnusableEvidence):
        raise UsageError(f"{where}: {unusable_words(read)}")
    return read


@app.command(
    "list",
    epilog=examples("ldmrelease evidence list w.2023.16", "ldmrelease evidence list w.2023.16 -o json"),
)
def list_evidence(
    ctx: typer.Context,
    release: ReleaseArgument,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List all evidence about a release, from the ledger and the registries, and whether it counts."""
    context = open_context_here(ctx)
    pinned = release_now(context, release, product)
    found = evaluate_all(context, pinned)
    emit(statement_answers(found), output, lambda: evidence_table(found, pinned.release.name))


app.command("import", epilog=IMPORT_EXAMPLES)(import_file)


_ENVELOPES = (".json", ".jsonl", ".dsse", ".sigstore")


@app.command(
    "verify",
    epilog=examples(
        "ldmrelease evidence verify scipipe.provenance.json", "ldmrelease evidence verify w.2023.16"
    ),
)
def verify(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="FILE | RELEASE", help="An envelope's file, or a tag.")],
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Evaluate one file, or all evidence of a release, by the trust document and the policies.

    What no requirement that asks for such a statement would count does not count; exit 1 then.
    """
    context = open_context_here(ctx)
    path = Path(what)
    if path.is_file():
        reads = _read_all(path)
        found = [evaluate_evidence(context, release_of(context, read.statement), read) for _, read in reads]
        answers = statement_answers(found)
        texts = [verified_text(each, printable(where)) for (where, _), each in zip(reads, found, strict=True)]
        emit(answers, output, lambda: "\n".join(texts))
    else:
        if path.suffix in _ENVELOPES or "/" in what.removeprefix(f"{what.partition('/')[0]}/"):
            raise UsageError(f"there is no file {what}", "name an envelope's file, or a tag")
        pinned = release_now(context, what, product)
        found = evaluate_all(context, pinned)
        answers = statement_answers(found)
        emit(answers, output, lambda: evidence_table(found, pinned.release.name))
    raise typer.Exit(statements_code(answers))
