"""The shape of a file of policy cases: what is given, and what a policy has to decide on it.

Every key of what is given may be left out, and may be `null` in a case to take away what the file gives to all.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ldmrelease.config.policies.act_entries import ApprovalEntry, WaiverEntry
from ldmrelease.config.policies.evidence_entries import CampaignEntry, ContentsEntry, RunningEntry
from ldmrelease.config.policies.numbers import DocumentKind
from ldmrelease.config.policies.rule_schema import EvidenceType
from ldmrelease.config.policies.schema import PolicyTagKind, WhatOfRecalled, WhatOfUnmanaged, WhenAsked
from ldmrelease.config.yaml.fields import (
    UNIQUE,
    Duration,
    MomentField,
    Name,
    Names,
    Platform,
    Registered,
    Strict,
    Text,
    expected,
)
from ldmrelease.domain.tags import GRAMMARS
from ldmrelease.domain.topology import Place
from ldmrelease.policy.subjects import About

CASES_KIND = "PolicyTest"
SIMULATION_KIND = "PolicySimulation"
API_VERSION = "ldmrelease/v1alpha1"


def _place(text: str) -> str:
    try:
        Place.parse(text)
    except ValueError:
        expected("write a place: environment/application, like summit/nublado")
    return text


PlaceText = Annotated[Text, AfterValidator(_place)]
Platforms = Annotated[list[Platform], UNIQUE]
TagGrammar = Annotated[str, Registered(lambda: GRAMMARS)]
AGES = "as a duration before `at`"


class ImageEntry(Strict):
    """An image of the release, and what its repository says of it now."""

    platforms: Platforms | None = Field(
        None, description="The platforms that it was built for. Left out: linux/amd64."
    )
    present: bool | None = Field(None, description="Whether its digest is still there. Left out: it is.")
    tag: Literal["pinned", "moved", "gone"] | None = Field(
        None, description="What its tag names now: what was pinned, something else, or nothing."
    )
    problem: Text | None = Field(None, description="The code for which it cannot be read as an image.")
    lacking: list[Text] | None = Field(None, description="Its parts that are not there, such as a layer.")


class ReleaseEntry(Strict):
    """The release that is asked about."""

    tag: Text | None = Field(None, description="Its tag, such as w.2023.16.")
    grammar: TagGrammar | None = Field(None, description="The grammar of its tags. Left out: rubin.")
    kind: PolicyTagKind | None = Field(
        None, description="The kind of its tag. Left out: as its grammar reads it."
    )
    product: Name | None = Field(None, description="Its product. Left out: stack.")
    content: Name | None = Field(
        None, description="A name for what it was built from: the same name is the same content."
    )
    missing: Names | None = Field(None, description="Components that are not there yet.")
    problem: Text | None = Field(None, description="The code for which it is no release.")
    images: dict[Name, ImageEntry | None] | None = Field(
        None, description="Its images by component. Left out: one, `app`."
    )
    configurations: dict[Text, Text | None] | None = Field(
        None, description="The commits of its configurations, by repository."
    )


class PlaceEntry(Strict):
    """A place beside the one that is asked about."""

    level: Name | None = Field(None, description="The level that it is at.")
    components: Names | None = Field(None, description="What runs there. Left out: all images.")


class ResidenceEntry(Strict):
    """The release ran at a place."""

    place: PlaceText | None = Field(None, description="Where. Left out: its name is the place.")
    since: Duration | None = Field(None, description=f"When it was first seen there, {AGES}.")
    until: Duration | None = Field(
        None, description=f"When it was last seen there, {AGES}. Left out: at `at`."
    )
    observed: Duration | None = Field(
        None, description="How long of that it was seen without gaps. Left out: all of it."
    )
    admitted: bool | None = Field(None, description="Whether a decision let it in there. Left out: one did.")
    ended: Literal["replaced", "restored", "retired"] | None = Field(
        None, description="Why it went. Left out: it still runs."
    )
    components: Names | None = Field(None, description="Which images. Left out: all that the place runs.")


class EvidenceEntry(Strict):
    """What all evidence has."""

    about: About | Literal["configuration"] | None = Field(None, description="What it is about.")
    component: Name | None = Field(None, description="Of images: which one. Left out: every one.")
    platform: Platform | None = Field(
        None, description="Of images: which platform. Left out: the whole image."
    )
    by: Names | None = Field(None, description="The roles of whoever signed it.")
    rejected: Text | None = Field(
        None,
        description="The code for which the signature does not count, such as unknown-key. Left out: it does.",
    )


class RunEntry(EvidenceEntry):
    """A run of a check. It is about the release, where nothing else is said."""

    check: Name | None = Field(None, description="Which check. Left out: its name is the check.")
    environment: Name | None = Field(None, description="Where it ran.")
    registered: Duration | None = Field(
        None, description=f"When it was registered, {AGES}. Left out: as it finished."
    )
    timeout: Duration | None = Field(None, description="How long it may take from then. Left out: 1h.")
    finished: Duration | None = Field(
        None, description=f"When its result was taken in, {AGES}. Left out: as it was registered, or at `at`."
    )
    result: Literal["PASSED", "WARNED", "FAILED", "ERRORED"] | None = Field(
        None, description="What it said. Left out: it has no result yet."
    )
    failed_tests: Names | None = Field(None, description="Which of its tests failed.")
    unregistered: bool | None = Field(None, description="Whether it was run outside, and never registered.")
    definition: Name | None = Field(
        None, description="A name for another definition of the check than the agreed one."
    )
    cluster: Text | None = Field(None, description="The UID of the cluster that it ran in.")


class StatementEntry(EvidenceEntry, ContentsEntry):
    """A signed statement. It is about every image, where nothing else is said; a metric, a document, results of a
    campaign and what is said of compatibility are about the release, a review about the commit of each configuration.
    """

    type: EvidenceType | None = Field(
        None,
        description="The short name of its type. Left out: the type that says such a thing, else its name.",
    )
    age: Duration | None = Field(None, description=f"When it was taken in, {AGES}. Left out: at `at`.")
    builder: Text | None = Field(None, description="Provenance: the builder's id.")
    build_type: Text | None = Field(None, description="Provenance: the buildType.")
    sources: dict[Text, Text | None] | None = Field(
        None, description="Provenance: the commits that it was built from, by repository."
    )


class CandidateEntry(Strict):
    """A candidate that is pinned; its name is its tag."""

    content: Name | None = Field(None, description="A name for what it was built from.")
    kind: PolicyTagKind | None = Field(
        None, description="The kind of its tag. Left out: as its grammar reads it."
    )


class CycleEntry(Strict):
    """Of which cycle something in the environment is."""

    place: PlaceText | None = Field(None, description="Where. Left out: where the release goes.")
    role: Literal["release", "image", "alias", "menu"] | None = Field(
        None, description="What names the cycle."
    )
    component: Name | None = Field(None, description="Which component. Left out: its name is the component.")
    tag: Text | None = Field(None, description="As it is spelled there.")
    cycle: Text | None = Field(None, description="The cycle, such as c0044. Left out: none.")
    problem: Text | None = Field(None, description="The code for which nobody can say.")


class ChangeEntry(Strict):
    """The commit or the pull request that brings the release, and what it takes back."""

    goes_back: bool | None = Field(
        None,
        description="Whether it takes this place back, to an older version or to what was left. Left out: yes.",
    )
    applications: Names | None = Field(None, description="All the applications that it takes back.")
    settings: int | None = Field(
        None, ge=0, description="How many settings these are. Left out: one of each application."
    )


class GivenEntry(Strict):
    """What is given: a release, where it goes and when; what ran, was tested and signed."""

    at: MomentField | None = Field(None, description="The time of the decision.")
    place: PlaceText | None = Field(None, description="Where the release goes: environment/application.")
    intent: Literal["promote", "rollback", "alias", "retire"] | None = Field(
        None, description="What is wanted. Left out: promote."
    )
    phase: Literal["enter", "confirm"] | None = Field(
        None, description="Before anything is touched, or after it runs there. Left out: enter."
    )
    release: ReleaseEntry | None = Field(None, description="The release.")
    places: dict[PlaceText, PlaceEntry | None] | None = Field(
        None, description="The other places there are, each with its level."
    )
    residences: dict[Text, ResidenceEntry | None] | None = Field(
        None, description="Where the release ran, each under a name, or under its place."
    )
    runs: dict[Name, RunEntry | None] | None = Field(
        None, description="Runs of checks, each under a name, or under its check."
    )
    statements: dict[Name, StatementEntry | None] | None = Field(
        None, description="Signed statements, each under a name, or under its type."
    )
    candidates: dict[Text, CandidateEntry | None] | None = Field(
        None, description="Candidates that are pinned, by tag."
    )
    cycles: dict[Text, CycleEntry | None] | None = Field(
        None, description="The cycles in the environment, each under a name, or under its component."
    )
    change: ChangeEntry | None = Field(
        None, description="What brings the release. Left out: it is asked for by itself."
    )
    running: dict[Text, RunningEntry | None] | None = Field(
        None, description="The releases that run at the place now, by tag."
    )
    documents: dict[DocumentKind, Name | None] | None = Field(
        None, description="The documents that the workspace has, each with a name for what it says."
    )
    interfaces: dict[Name, Text | None] | None = Field(
        None, description="The versions of schemas and protocols that the environment has."
    )
    campaigns: dict[Name, CampaignEntry | None] | None = Field(
        None, description="The verification campaigns that the workspace has, by name."
    )
    checks: Names | None = Field(
        None, description="The checks that the workspace has. Left out: all that are named anywhere."
    )
    clusters: dict[Name, Text | None] | None = Field(
        None, description="The UIDs of clusters, by environment."
    )
    holds: list[Text] | None = Field(None, description="Holds on the release or the environment.")
    requester: Text | None = Field(None, description="Who asks. Left out: author.")
    pinned_by: Text | None = Field(
        None, description="Who pinned the release. Left out: nobody that is known."
    )
    requested: Duration | None = Field(
        None, description="When it was asked for, as a time before `at`. Left out: not yet."
    )
    alias: Name | None = Field(None, description="The name of a menu that is to move, of intent alias.")
    approvals: dict[Name, ApprovalEntry | None] | None = Field(
        None, description="Approvals, each under a name, or under the person who gave it."
    )
    waivers: dict[Name, WaiverEntry | None] | None = Field(
        None, description="Waivers, each under a name, or under the requirement that it waives."
    )
    earlier: list[PlaceText] | None = Field(None, description="Places that come before in the same plan.")
    later: list[PlaceText] | None = Field(None, description="Places that come after in the same plan.")


class ExpectedFindingEntry(Strict):
    """What has to become of a requirement."""

    outcome: Literal["satisfied", "waived", "reported", "pending", "errored", "missing", "failed"] = Field(
        description="Its outcome."
    )
    code: Text | None = Field(None, description="The code that says why. Left out: any.")
    when: MomentField | None = Field(
        None, description="When it can become true by itself. Left out: any time."
    )
    who: Names | None = Field(None, description="The roles that can change it. Left out: any.")


class _InOneWord:
    """Marks a mapping that may be written as `outcome` or `outcome/code`."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        outcomes = ExpectedFindingEntry.model_json_schema()["properties"]["outcome"]["enum"]
        text = {
            "type": "string",
            "pattern": f"^({'|'.join(outcomes)})(/.+)?$",
            "examples": ["failed/returned"],
        }
        return {"anyOf": [text, handler(schema)]}


def _spelled_out(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    outcome, slash, code = value.partition("/")
    return {"outcome": outcome, "code": code} if slash else {"outcome": outcome}


FindingText = Annotated[ExpectedFindingEntry, BeforeValidator(_spelled_out), _InOneWord()]


class ExpectEntry(Strict):
    """What the policy has to decide. A requirement that is not named has to be satisfied."""

    verdict: Literal["allowed", "waiting", "undecided", "refused"] = Field(description="The verdict.")
    findings: dict[Name, FindingText] | None = Field(
        None,
        description="Outcomes by requirement: `missing`, or with the code that says why, `missing/no-run`.",
    )
    waivable_by: dict[Name, Names] | None = Field(
        None,
        description="The roles that may waive requirements: all that anybody may waive. Left out: not looked at.",
    )
    ask: WhenAsked | None = Field(
        None, description="When a change has to be confirmed. Left out: not looked at."
    )
    availability: Duration | None = Field(
        None, description="How soon a release should run there. Left out: not looked at."
    )
    unmanaged: WhatOfUnmanaged | None = Field(
        None, description="What becomes of images that no product declares. Left out: not looked at."
    )
    recalled: WhatOfRecalled | None = Field(
        None, description="What becomes of images that run and are recalled. Left out: not looked at."
    )


class CaseEntry(Strict):
    """One case: what is given beyond what the file gives to all, and what has to be decided."""

    name: Text = Field(description="What the case shows, as a sentence.")
    with_: GivenEntry | None = Field(
        None,
        description="What is other than `given`: mappings are merged, `null` takes away, all else replaces (RFC 7386).",
    )
    expect: ExpectEntry = Field(description="What the policy has to decide.")


class CasesFile(Strict):
    """Cases of one policy: what is given, and what it has to decide."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["PolicyTest"] = Field(description="What this file is: PolicyTest.")
    policy: Text = Field(description="The policy's file, as a path from this file's folder.")
    given: GivenEntry | None = Field(None, description="What is given in all cases.")
    cases: Annotated[list[CaseEntry], Field(min_length=1)] = Field(description="The cases.")


class SimulationFile(Strict):
    """What is assumed beyond the facts of now."""

    api_version: Literal["ldmrelease/v1alpha1"] = Field(
        alias="apiVersion", description="The format of this file: ldmrelease/v1alpha1."
    )
    kind: Literal["PolicySimulation"] = Field(description="What this file is: PolicySimulation.")
    with_: GivenEntry = Field(description="What is assumed.")
