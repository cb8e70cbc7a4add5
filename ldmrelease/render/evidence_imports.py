"""What became of a file of another tool, for people."""

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed, short

if TYPE_CHECKING:
    from ldmrelease.answers.evidence_imports import EvidenceImportAnswer


def evidence_import_text(answer: "EvidenceImportAnswer") -> str:
    """One line for the file, one for what it became."""
    head = (
        f"{answer.name} ({answer.format}, {short(answer.document)}), as observed by bridge in {answer.system}"
    )
    if answer.approval is not None:
        its = answer.approval
        taken = "taken in" if its.new else "was taken in already"
        said = f"approval of {its.release} for {its.scope} as {its.role}: {its.reference}, by {listed(its.persons)}"
        return f"{head}\n{said} on {its.decided}; {taken}, holds until {its.expires}"
    its_statement = answer.statement
    assert its_statement is not None
    taken = "taken in" if its_statement.new else "not taken in anew"
    counts = "it counts"
    if its_statement.rejected is not None:
        counts = f"it does not count: {its_statement.rejected.sentence}"
    said = f"{its_statement.type} about {its_statement.release} {taken} ({short(its_statement.digest)})"
    return f"{head}\n{said}; {counts}"
