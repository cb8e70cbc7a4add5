"""Identities and the trusted root in the trust document: read from a file or from the text, and digested alike."""

from pathlib import Path
from typing import Any

import yaml

from ldmrelease.config.trust import Trust, load_trust, self_contained
from tests.sigstore_instance import SigstoreInstance

SIGSTORE = SigstoreInstance()
DOCUMENT: dict[str, Any] = {
    "apiVersion": "ldmrelease/v1alpha1",
    "kind": "Trust",
    "version": 1,
    "policies": {},
    "environments": {},
    "roles": {"ci": {"types": ["provenance"], "repositories": ["ghcr.io/lsst/*"]}},
    "keys": {},
    "identities": {
        "lab-builds": {
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": "https://github.com/lsst/lab/.github/workflows/*",
            "person": "ci",
            "roles": ["ci"],
            "not-before": "2023-01-01",
        }
    },
    "sigstore": {"trusted-root": "trusted_root.json"},
}


def loaded(folder: Path, plain: dict[str, Any], root: bytes = b"") -> Trust:
    """The trust document in a folder, with the trusted root beside it."""
    if root:
        (folder / "trusted_root.json").write_bytes(root)
    (folder / "trust.yaml").write_text(yaml.safe_dump(plain, sort_keys=False))
    return load_trust(folder / "trust.yaml")


def test_a_document_in_one_piece_says_the_same_without_the_file(tmp_path: Path) -> None:
    trust = loaded(tmp_path, DOCUMENT, SIGSTORE.trusted_root())
    whole = self_contained(trust)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = loaded(elsewhere, whole)
    assert again.keyring == trust.keyring
    assert again.digest == trust.digest
    assert set(trust.key_files) == {tmp_path / "trusted_root.json"}
    assert not again.key_files


def test_the_layout_of_the_trusted_root_does_not_matter_and_its_content_does(tmp_path: Path) -> None:
    one = loaded(tmp_path, DOCUMENT, SIGSTORE.trusted_root())
    other = loaded(tmp_path, DOCUMENT, SIGSTORE.trusted_root().replace(b", ", b",\n  "))
    assert one.digest == other.digest
    assert loaded(tmp_path, DOCUMENT, SigstoreInstance().trusted_root()).digest != one.digest
