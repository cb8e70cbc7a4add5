"""Names of streams and ids of steps: the one place where they are made and read.

A stream is named after what it tells about: `promotion/P-42`, `environment/summit/ocps` (what was observed there),
`claim/summit/ocps`, `receipts/summit/ocps`, `release/stack/w.2023.16` (its pins), `runs/<release's digest>`,
`evidence/<digest>`, `approvals/<digest>`, `waivers/<digest>`, `reviews/P-42`,
`debts/summit/ocps`. A step is `environment/application/kind`, and for a check `.../check/name`: the name is the rest,
whatever it is, so that a check may be called `restore`.
"""

from msgspec import Struct

from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.topology import Place

TRUST = "trust"
"""Which trust documents were acted on."""
LEDGER = "ledger"
"""The stream of the ledger itself: its creation."""
CHECKPOINTS = "checkpoints"
"""What the ledger's index said, signed from time to time."""
BUNDLES = "bundles"
"""Which bundles were exported: the number of an event in it is the serial of its bundle."""

NOTIFICATIONS = "notifications"
"""What somebody has to hear of, and who has been told."""
HOLDS = "holds"
"""Every freeze and recall, and their lifting: a decision that races with a recall is made again."""

DESIRED, SYNCED, SEEN = "desired/", "synced/", "seen/"
"""What the streams of imported history begin with: of trees, of deployment tools, of other observers."""

_PROMOTION = "promotion"


def promotion_stream(promotion: str) -> str:
    """Everything of one promotion, from request to end."""
    return f"{_PROMOTION}/{promotion}"


def promotion_of(stream: str) -> str | None:
    """The id of the promotion that a stream tells of, None for any other stream."""
    noun, slash, promotion = stream.partition("/")
    return promotion if noun == _PROMOTION and slash and promotion else None


def observation_stream(place: Place) -> str:
    """What was observed at a place."""
    return f"environment/{place}"


def claim_stream(place: Place) -> str:
    """The claims of a place: apart from observations, so that one of those does not disturb a holder."""
    return f"claim/{place}"


def receipt_stream(place: Place) -> str:
    """The receipts that were signed for a place."""
    return f"receipts/{place}"


def pin_stream(product: str, tag: str) -> str:
    """The pins of a tag, one per revision."""
    return f"release/{product}/{tag}"


def run_stream(release: str) -> str:
    """The check runs of a release, by its digest."""
    return f"runs/{release}"


def evidence_stream(digest: str) -> str:
    """The statements about a digest."""
    return f"evidence/{digest}"


def approval_stream(subject: str) -> str:
    """The approvals of a release or of a content, by its digest."""
    return f"approvals/{subject}"


def waiver_stream(release: str) -> str:
    """The waivers for a release, by its digest."""
    return f"waivers/{release}"


def review_stream(promotion: str) -> str:
    """The reviews of a promotion: apart from its own stream, since they come after its end."""
    return f"reviews/{promotion}"


def debt_stream(place: Place) -> str:
    """The reviews that are owed at a place."""
    return f"debts/{place}"


def desired_stream(environment: str, application: str) -> str:
    """What a tree's history asked for, of one application in one environment."""
    return f"{DESIRED}{environment}/{application}"


def synced_stream(environment: str, application: str) -> str:
    """What a deployment tool says that it applied, of one application in one environment."""
    return f"{SYNCED}{environment}/{application}"


def seen_stream(environment: str, application: str) -> str:
    """What others saw of one application in one environment."""
    return f"{SEEN}{environment}/{application}"


def imported_place(stream: str) -> Place | None:
    """The place that a stream of syncs or of what others saw is about; None for any other stream."""
    for prefix in (SYNCED, SEEN):
        environment, slash, application = stream.removeprefix(prefix).partition("/")
        if stream.startswith(prefix) and slash and environment and application:
            return Place(environment, application)
    return None


class StepId(Struct, frozen=True):
    """Which step, where. `check` is the name of the check that the step runs."""

    place: Place
    kind: StepKind
    check: str | None = None

    def __str__(self) -> str:
        return f"{self.place}/{self.kind}" + (f"/{self.check}" if self.check is not None else "")

    @classmethod
    def parse(cls, text: str) -> "StepId":
        """Read what `str` writes. Raises `ValueError`."""
        environment, _, rest = text.partition("/")
        application, _, rest = rest.partition("/")
        kind, named, check = rest.partition("/")
        if (
            not environment
            or not application
            or bool(named) != (kind == StepKind.CHECK)
            or (named and not check)
        ):
            raise ValueError(f"{text!r} is not the id of a step")
        return cls(Place(environment, application), StepKind(kind), check if named else None)
