"""Bundles for tests: of one environment, signed by a key of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ldmrelease.domain.bundle import (
    AllowedBecause,
    AllowedImage,
    Bundle,
    BundleEnvironment,
    BundlePlace,
    BundleTrust,
)
from ldmrelease.domain.events import Checkpoint
from ldmrelease.domain.topology import Place
from ldmrelease.trust.bundles import VerifiedBundle, sign_bundle, verify_bundle
from ldmrelease.trust.checkpoints import sign_checkpoint
from ldmrelease.trust.keyring import Keyring, Role, make_key
from ldmrelease.trust.signer import Signer, generate

PLACE = Place("summit", "ocps")
AS_OF = datetime(2023, 4, 20, 12, 0, tzinfo=UTC)
GENESIS = "sha256:" + "1" * 64


def digest(number: int) -> str:
    """A digest that differs with the number."""
    return f"sha256:{number:064x}"


@dataclass
class Made:
    """What a bundle of tests is made with. Times are since `as_of`."""

    signer: Signer = field(default_factory=generate)
    as_of: datetime = AS_OF
    types: tuple[str, ...] = ("bundle", "checkpoint")
    environments: tuple[str, ...] = ("*",)

    @cached_property
    def keyring(self) -> Keyring:
        role = Role("ledger", self.types, self.environments, ("*",))
        key = make_key(
            "ledger", self.signer.public_pem, "ledger", roles=["ledger"], not_before=AS_OF - timedelta(days=9)
        )
        return Keyring((key,), (role,))

    def bundle(self, allowed: Mapping[str, AllowedBecause] | None = None, **change: Any) -> Bundle:
        """A bundle that allows these digests in the summit."""
        images = tuple(
            sorted(AllowedImage(each, PLACE, "p/app", why) for each, why in (allowed or {}).items())
        )
        exempt = change.pop("exempt", ())
        place = BundlePlace(PLACE, "production", {"p/app": ("registry.example.org/app",)})
        head = Checkpoint("L", change.get("genesis", GENESIS), 9, "sha256:" + "2" * 64, self.as_of)
        values: dict[str, Any] = {
            "serial": 1,
            "ledger": "L",
            "genesis": GENESIS,
            "as_of": self.as_of,
            "stale_after": self.as_of + timedelta(days=1),
            "expires": self.as_of + timedelta(days=14),
            "trust": BundleTrust(1, digest(1), {}),
            "policies": (),
            "environments": (BundleEnvironment("summit", ("uid",), (place,), images, exempt),),
            "releases": (),
            "decisions": (),
            "holds": (),
            "checkpoint": sign_checkpoint(head, self.signer).to_dict(),
        }
        return Bundle(**{**values, **change})

    def verified(self, bundle: Bundle) -> VerifiedBundle:
        found = verify_bundle(sign_bundle(bundle, self.signer).to_bytes(), self.keyring, at=self.as_of)
        assert isinstance(found, VerifiedBundle), found
        return found
