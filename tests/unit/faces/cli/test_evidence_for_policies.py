"""`evidence verify` answers as the policies would, and reads files within limits that it names."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.domain.strict_json import OF_SIGNED
from ldmrelease.trust.signer import load_signer
from tests.workspace import BEFORE, Site


def signed(site: Site, key: str, *words: str) -> str:
    """The file of provenance of an image."""
    out = str(site.root / f"{key}.json")
    site.ok(
        "evidence", "sign", BEFORE, "--type", "provenance", "--component", "scipipe",
        "--key", str(site.root / f"keys/{key}.pem"), "--out", out, *words,
    )  # fmt: skip
    return out


def also_provenance(text: str) -> str:
    """Whoever runs checks may sign provenance, too, which no policy asks of him."""
    plain: dict[str, Any] = yaml.safe_load(text)
    plain["roles"]["runner"]["types"].append("provenance")
    return yaml.safe_dump(plain, sort_keys=False)


def test_what_is_signed_in_a_role_that_no_requirement_asks_for_does_not_count(ready: Site) -> None:
    ready.edit(also_provenance, "trust.yaml")
    ours, other = signed(ready, "ci"), signed(ready, "runner")
    assert ready.run("evidence", "verify", ours).exit_code == 0
    done = ready.run("evidence", "verify", other)
    assert done.exit_code == 1
    assert "its signer has no role for it" in done.stdout
    assert "production/built-by-ci (by ci): not counted" in done.stdout
    (answer,) = json.loads(ready.run("evidence", "verify", other, "-o", "json").stdout)
    assert (answer["counted"], answer["rejected"]["code"]) == (False, "wrong-role")
    assert {each["rejected"] for each in answer["demands"]} == {"wrong-role"}
    added = ready.run("evidence", "add", other)
    assert added.exit_code == 1
    assert "it does not count" in added.stdout


def test_what_somebody_else_built_does_not_count(ready: Site) -> None:
    file = signed(ready, "ci", "--builder", "https://evil.example/mallory")
    done = ready.run("evidence", "verify", file)
    assert done.exit_code == 1
    assert "somebody else built it than is asked for" in done.stdout


def test_what_one_level_asks_for_counts_and_it_is_said_where_it_does_not(ready: Site) -> None:
    ready.edit(also_provenance, "trust.yaml")
    ready.edit(lambda text: text.replace("by: [ci]", "by: [runner]"), "policies/production.yaml")
    done = ready.run("evidence", "verify", signed(ready, "ci"))
    assert done.exit_code == 0
    assert "commissioning/built-by-ci (by ci): counts" in done.stdout
    assert "production/built-by-ci (by runner): not counted" in done.stdout


def enveloped(site: Site, statement: str) -> bytes:
    signer = load_signer(site.root / "keys/ci.pem")
    return signer.sign(PAYLOAD_TYPE, statement.encode()).to_bytes()


LIMITS = {
    f"larger than {OF_SIGNED.size} bytes": "[" + " " * OF_SIGNED.size + "]",
    f"more than {OF_SIGNED.depth} deep": "[" * (OF_SIGNED.depth + 1) + "]" * (OF_SIGNED.depth + 1),
    f"more than {OF_SIGNED.values} values": "[" + "1," * OF_SIGNED.values + "1]",
}


def test_the_limits_are_those_that_are_documented() -> None:
    assert (OF_SIGNED.size, OF_SIGNED.depth, OF_SIGNED.values) == (10_000_000, 100, 200_000)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("words", [("verify",), ("add",)])
def test_a_file_beyond_a_limit_is_named_with_the_limit(
    ready: Site, tmp_path: Path, limit: str, words: tuple[str, ...]
) -> None:
    file, before = tmp_path / "hostile.json", ready.everything()
    file.write_text(LIMITS[limit])
    done = ready.run("evidence", *words, str(file))
    assert done.exit_code == 2
    assert str(file) in done.stderr
    assert limit in " ".join(done.stderr.split())
    assert ready.everything() == before


@pytest.mark.parametrize("limit", list(LIMITS)[1:])
def test_a_statement_beyond_a_limit_is_named_too(ready: Site, tmp_path: Path, limit: str) -> None:
    file = tmp_path / "hostile.json"
    file.write_bytes(enveloped(ready, LIMITS[limit]))
    done = ready.run("evidence", "verify", str(file))
    assert done.exit_code == 2
    assert limit in " ".join(done.stderr.split())


def test_brackets_and_commas_within_texts_are_no_values(ready: Site, tmp_path: Path) -> None:
    plain = json.loads(Path(signed(ready, "ci")).read_text())
    statement = json.loads(base64.b64decode(plain["payload"]))
    statement["predicate"]["note"] = "[" * (OF_SIGNED.depth + 1) + '\\" {,' * OF_SIGNED.values
    file = tmp_path / "long.json"
    file.write_bytes(enveloped(ready, json.dumps(statement)))
    assert ready.run("evidence", "verify", str(file)).exit_code == 0


def test_no_more_is_read_of_a_file_without_an_end(ready: Site) -> None:
    done = ready.run("evidence", "add", "/dev/zero")
    assert done.exit_code == 2
    assert f"/dev/zero: it is larger than {OF_SIGNED.size} bytes" in " ".join(done.stderr.split())
