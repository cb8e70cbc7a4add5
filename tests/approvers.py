"""The persons whom the default policies ask for: two of the board, and one of each of the stakeholders."""

from pathlib import Path

from ldmrelease.trust.signer import generate

APPROVERS = {
    "board-1": "change-control-board",
    "board-2": "change-control-board",
    "science-platform": "stakeholder-science-platform",
    "community": "stakeholder-community",
    "pipelines": "stakeholder-pipelines",
    "middleware": "stakeholder-middleware",
    "product-owner": "stakeholder-product-owner",
}
"""Their keys, with the role of each."""


def add_approvers(folder: Path, not_before: str = "2023-04-01T00:00:00Z") -> None:
    """Put their keys into a workspace and into its trust document, which is to be signed anew."""
    trust = folder / "trust.yaml"
    entries = "".join(
        _entry(folder / "keys" / f"{key}.pem", key, role, not_before) for key, role in APPROVERS.items()
    )
    trust.write_text(trust.read_text().replace("\nkeys:\n", f"\nkeys:\n{entries}", 1))


def _entry(file: Path, key: str, role: str, not_before: str) -> str:
    signer = generate()
    signer.write_key(file)
    lines = "".join(f"      {each}\n" for each in signer.public_pem.splitlines())
    about = f"    person: {key}\n    roles: [{role}]\n    not-before: '{not_before}'\n"
    return f"  {key}:\n{about}    public: |\n{lines}"
