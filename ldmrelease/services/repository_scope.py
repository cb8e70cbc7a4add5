"""Whether who signed a record may speak of all the repositories that it is about (trust.md section 2).

A role counts inside its repositories only, for pins, requests, runs and observations as for evidence: whoever may
pin the images of one repository has no say over a release that has an image of another.
"""

from collections.abc import Collection, Iterable
from typing import Any

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.topology import Topology
from ldmrelease.services.needs import SignedHistory, Signing
from ldmrelease.trust.authorize import entitled_roles, roles_within
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import VerifiedRecord
from ldmrelease.trust.signer import KeyProblem, Signer
from ldmrelease.trust.verify import Rejected


def out_of_scope(
    keyring: Keyring, opened: VerifiedRecord[Any], type: str, repositories: Collection[str]
) -> Rejected | None:
    """Why a verified record of this type does not count for these repositories; None where it does."""
    found = roles_within(opened.roles, type, opened.key, keyring, repositories)
    return found if isinstance(found, Rejected) else None


def observed_repositories(topology: Topology, images: Iterable[ObservedImage]) -> tuple[str, ...]:
    """The repositories of observed images; what the workspace does not know any more is of none."""
    found = set()
    for each in images:
        product = topology.product(each.product)
        component = product.component(each.component) if product is not None else None
        if component is not None:
            found.add(component.source)
    return tuple(sorted(found))


def verified_observation(context: SignedHistory, event: Event | None) -> Observation | Rejected:
    """The observation in an event, if its signer may speak of the place and of every image that it names."""
    opened = context.records.read(event, Observation)
    if isinstance(opened, Rejected):
        return opened
    repositories = observed_repositories(context.topology, opened.body.images)
    return out_of_scope(context.keyring, opened, "observation", repositories) or opened.body


def require_scope(
    context: Signing,
    signer: Signer,
    type: str,
    repositories: Collection[str],
    environments: tuple[str, ...] = (),
) -> None:
    """Raise `KeyProblem` where what this key is to sign would not count for these repositories."""
    key = context.keyring.find(signer.keyid)
    if key is None:
        return
    found = entitled_roles(
        type, key, context.keyring, environments=environments, repositories=tuple(repositories)
    )
    if isinstance(found, Rejected) and found.code == "wrong-repository":
        values = ", ".join(f"{name} {value}" for name, value in found.values.items() if name != "key")
        raise KeyProblem(
            f"what {key.id} has to sign would not count: {found.code} ({values}); name another key under `keys:` in "
            f"{context.workspace.file.name}, or let {context.workspace.trust.name} trust this one with it"
        )
