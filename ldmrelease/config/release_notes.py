"""What people write about a release for its notes: a YAML file beside its other documents."""

from pathlib import Path

from pydantic import Field

from ldmrelease.config.workspace.document_path import Version
from ldmrelease.config.yaml.fields import Names, Strict, Text
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.config.yaml.read import YamlDocument, read
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain.version_ranges import VersionRange
from ldmrelease.milestones.catalogue import Catalogue

KIND = "notes"
SUFFIX = ".yaml"


class KnownIssueEntry(Strict):
    """Something that is wrong with the release."""

    text: Text = Field(description="What goes wrong, and for whom.")
    ticket: Text | None = Field(None, description="Where it is worked on, such as DM-12345.")
    workaround: Text | None = Field(None, description="What to do meanwhile.")


class DeprecationEntry(Strict):
    """Something that will go."""

    name: Text = Field(description="What will go, such as lsst.afw.table.SourceTable.getX.")
    instead: Text | None = Field(None, description="What to use in its place.")
    removal: Text | None = Field(None, description="The release or the date that it goes with.")


class TicketEntry(Strict):
    """Work that went into the release and that no repository of the workspace names."""

    ticket: Text = Field(description="Such as DM-12345.")
    text: Text = Field(description="What it did.")


class NotedInterfacesEntry(Strict):
    """Interfaces that it needs and brings; what somebody signed counts in place of what stands here."""

    requires: dict[Text, Text] = Field(
        default_factory=dict, description="Ranges of versions, by interface, such as apdb: '>=4,<5'."
    )
    provides: dict[Text, Version] = Field(default_factory=dict, description="Versions, by interface.")


class ReleaseNotesFile(Strict):
    """What the notes of a release say beside what is known anyway."""

    milestones: Names = Field(default_factory=list, description="Milestones whose release it is.")
    features: Names = Field(default_factory=list, description="Features that it brings, by their codes.")
    compatibility: NotedInterfacesEntry = Field(
        default_factory=lambda: NotedInterfacesEntry.model_validate({}),
        description="Interfaces that it needs and brings.",
    )
    known_issues: list[KnownIssueEntry] = Field(default_factory=list, description="What is wrong with it.")
    deprecations: list[DeprecationEntry] = Field(default_factory=list, description="What will go.")
    tickets: list[TicketEntry] = Field(
        default_factory=list, description="Work that no repository here names."
    )


NO_NOTES = ReleaseNotesFile.model_validate({})


def read_release_notes(file: Path, catalogue: Catalogue) -> ReleaseNotesFile:
    """What a file says; nothing where there is none. Milestones and features are looked up in the catalogue.

    Raises `BadInput` with everything that is wrong.
    """
    if not file.exists():
        return NO_NOTES
    document = read(file)
    if document.plain is None:
        return NO_NOTES
    found = validate(ReleaseNotesFile, document)
    problems = [*_unknown(found, document, catalogue), *_bad_ranges(found, document)]
    if problems:
        raise BadInput(problems)
    return found


def _unknown(found: ReleaseNotesFile, document: YamlDocument, catalogue: Catalogue) -> list[Problem]:
    milestones = {each.code for each in catalogue.milestones}
    features = {each.code for _, each in catalogue.features()}
    problems = []
    for field, what, known, given in (
        ("milestones", "milestone", milestones, found.milestones),
        ("features", "feature", features, found.features),
    ):
        for index, code in enumerate(given):
            if code not in known:
                message = f"the catalogue has no {what} {code!r}"
                problems.append(document.problem((field, index), message, did_you_mean(code, known)))
    return problems


def _bad_ranges(found: ReleaseNotesFile, document: YamlDocument) -> list[Problem]:
    problems = []
    for name, text in found.compatibility.requires.items():
        try:
            VersionRange.parse(text)
        except ValueError as error:
            path = ("compatibility", "requires", name)
            problems.append(document.problem(path, str(error), "write a range such as >=4,<5"))
    return problems
