"""What became of a file of another tool."""

import msgspec

from ldmrelease.answers.evidence import AddedStatementAnswer, added_answers
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.spellings import DigestText, ReleaseName, TimeText, time_text
from ldmrelease.services.evidence.manual import AddedEvidence
from ldmrelease.services.evidence.outside import OutsideFile
from ldmrelease.services.governance.observed_approvals import ImportedApproval


class ObservedApprovalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that was given in another system: for a role and a scope, by whom, when; until when it holds."""

    approval: str
    release: ReleaseName
    scope: str
    role: str
    reference: str
    persons: tuple[str, ...]
    decided: TimeText
    expires: TimeText
    new: bool


class EvidenceImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file of another tool: its format, where it came from (`system`, `name`, the digest `document`), and what it
    became, a statement or an approval.
    """

    format: str
    system: str
    name: str
    document: DigestText
    statement: AddedStatementAnswer | None
    approval: ObservedApprovalAnswer | None

    @property
    def exit_code(self) -> ExitCode:
        """Refused where the statement does not count."""
        counts = self.statement is None or self.statement.counted
        return ExitCode.OK if counts else ExitCode.REFUSED


def evidence_import_answer(
    format: str,
    file: OutsideFile,
    statement: AddedEvidence | None = None,
    approval: ImportedApproval | None = None,
) -> EvidenceImportAnswer:
    """What one file became."""
    return EvidenceImportAnswer(
        format=format,
        system=file.system,
        name=file.name,
        document=file.digest,
        statement=None if statement is None else added_answers([statement])[0],
        approval=None if approval is None else _approval(approval),
    )


def _approval(imported: ImportedApproval) -> ObservedApprovalAnswer:
    body = imported.approval
    return ObservedApprovalAnswer(
        approval=body.approval,
        release=f"{body.product}/{body.tag}",
        scope=body.scope,
        role=body.role,
        reference=f"{body.source.system}:{body.source.reference}",
        persons=body.source.persons,
        decided=time_text(body.decided) or "",
        expires=time_text(body.expires) or "",
        new=imported.new,
    )
