"""`bundle export`, `verify`, `show`, `publish`: from a workspace to a place that has nothing but a trust document."""

import json
from pathlib import Path

import yaml

from tests.workspace import BEFORE, PLACE, WEEKLY, Site


def _exported(site: Site, *words: str) -> Path:
    file = site.root / "bundle.json"
    site.ok("bundle", "export", str(file), *words)
    return file


def test_a_bundle_is_exported_verified_and_shown(developed: Site, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    file = _exported(developed)
    told = json.loads(developed.ok("bundle", "verify", str(file), "--seen", str(seen), "-o", "json"))
    assert told["usable"]
    assert told["bundle"]["serial"] == 1
    shown = json.loads(developed.ok("bundle", "show", str(file), "-o", "json"))
    decided = {(each["place"], each["release"]): each["verdict"] for each in shown["decided"]}
    assert decided["base/ocps", f"stack/{WEEKLY}"] == "waiting"
    allowed = {(each["place"], each["release"]) for each in shown["allowed"]}
    assert (PLACE, f"stack/{WEEKLY}") in allowed
    assert (PLACE, f"stack/{BEFORE}") not in allowed


def test_an_admission_policy_is_written_of_a_bundle(developed: Site) -> None:
    file, policy = _exported(developed, "--exempt-namespace", "summit/kube-system"), developed.root / "p.yaml"
    words = ("bundle", "export", str(policy), "--admission-policy", "--bundle", str(file))
    assert developed.run(*words).exit_code == 2, "a policy is of one environment"
    size = developed.ok("ledger", "show", "-o", "json").count('"kind"')
    developed.ok(*words, "-e", "summit")
    kinds = [each["kind"] for each in yaml.safe_load_all(policy.read_text())]
    assert kinds == ["AllowList", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert developed.ok("ledger", "show", "-o", "json").count('"kind"') == size, "nothing was exported"
