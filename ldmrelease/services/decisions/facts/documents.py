"""Documents about the release, as they are in the workspace now."""

from ldmrelease.domain.workspace_facts import DocumentFile
from ldmrelease.services.decisions.facts.inquiry import Inquiry
from ldmrelease.services.releases.document_files import document_file


def gather(inquiry: Inquiry) -> tuple[DocumentFile, ...]:
    """The files of the kinds that somebody asks for, whether they are there or not."""
    asked = (each.parameters.get("kinds") for each in inquiry.requirements if each.rule == "documents")
    kinds = sorted({str(kind) for each in asked if isinstance(each, (list, tuple)) for kind in each})
    about = inquiry.release
    return tuple(document_file(about.context.workspace, about.pinned.release, kind) for kind in kinds)
