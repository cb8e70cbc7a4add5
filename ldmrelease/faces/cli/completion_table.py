"""The table that completion walks, written from the commands themselves.

`python -m ldmrelease.faces.cli.completion_table > ldmrelease/faces/completion/commands.json`
"""

import json
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from ldmrelease.answers.schemas import ANSWERS
from ldmrelease.config.workspace.file_schemas import FILES
from ldmrelease.config.workspace.init import SAMPLES
from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.main import app, load
from ldmrelease.trees.registry import LAYOUTS

_KINDS = {
    "after": "tags",
    "before": "tags",
    "bundle": "files",
    "campaign": "campaigns",
    "catalogue": "files",
    "check": "checks",
    "component": "components",
    "directory": "directory",
    "environment": "environments",
    "key": "files",
    "level": "levels",
    "place": "places",
    "policies": "levels",
    "product": "products",
    "promotion": "promotions",
    "release": "tags",
    "role": "roles",
    "stream": "streams",
    "tag": "tags",
    "tags": "tags",
    "target": "targets",
    "what": "tags-and-targets",
}
"""What a parameter is completed with, by its name."""
_SPECIAL = {
    ("abort", "promotion"): "open-promotions",
    ("adopt", "repository"): "directory",
    ("audit import argocd", "file"): "files",
    ("audit import flux", "file"): "files",
    ("audit import git", "repository"): "directory",
    ("audit import observations", "file"): "files",
    ("alias list", "place"): "targets",
    ("drift", "place"): "targets",
    ("gate merge", "comment"): "files",
    ("observe", "place"): "targets",
    ("alias move", "name"): "aliases",
    ("key show", "file"): "files",
    ("trust add-key", "file"): "files",
    ("evidence document", "file"): "files",
    ("evidence verify", "what"): "files-or-tags",
    ("resume", "promotion"): "open-promotions",
    ("site build", "folder"): "directory",
    ("site components", "file"): "files",
    ("trust role", "name"): "roles",
    ("trust rotate", "new"): "files",
    ("trust show", "file"): "files",
}
_CHOICES = {
    ("schema", "answer"): [*ANSWERS],
    ("adopt", "shape"): [*LAYOUTS],
    ("init", "sample"): [*SAMPLES],
    ("workspace schema", "kind"): [*FILES],
}
FREE = {
    "compromised_since", "having", "history", "threshold", "policy", "revision",
    "dayobs", "from", "image", "jobs", "known_at", "to", "until",
    "aliases", "at",  "base", "branch", "build", "builder", "by", "cluster", "exempt_namespace", "expires_after",
    "failed", "fresh_for", "head", "insecure", "kubernetes", "ledger", "mail", "name", "namespace", "person",
    "platform", "predicate", "reason", "registry", "releases", "report", "repository", "run", "since",
    "trust_digest", "type",
    "about", "compressed", "database_updated", "emergency", "expires", "kind", "one_test", "subject", "system",
    "within", "enclave",
}  # fmt: skip
"""Parameters whose text nobody can know."""


def completion_table() -> dict[str, Any]:
    """Every command by its path, with its options, arguments and commands."""
    program = typer.main.get_command(app)
    table = {"": _entry("", program)}
    table[""]["commands"] = {name: each.help for name, each in COMMANDS.items()}
    for name in COMMANDS:
        _add(table, name, load(name))
    return table


def _add(table: dict[str, Any], path: str, command: Any) -> None:
    table[path] = _entry(path, command)
    if isinstance(command, TyperGroup):
        table[path]["commands"] = {
            name: each.get_short_help_str(100) for name, each in command.commands.items()
        }
        for name, each in command.commands.items():
            _add(table, f"{path} {name}", each)


def _entry(path: str, command: Any) -> dict[str, Any]:
    context = typer.Context(command, info_name=path or "ldmrelease", **command.context_settings)
    options: dict[str, Any] = {}
    arguments: list[dict[str, Any]] = []
    for each in command.get_params(context):
        told = _parameter(path, each)
        if each.param_type_name == "argument":
            arguments.append({**told, "many": each.nargs == -1})
            continue
        takes = not (each.is_flag or each.count or each.is_eager)
        help = " ".join((each.help or "").split()).partition("  [")[0]
        # The names of `--help` come in the order of a set.
        for name in (*sorted(each.opts, key=_long_first), *each.secondary_opts):
            options[name] = {**(told if takes else {"kind": ""}), "takes": takes, "help": help}
    return {"options": options, "arguments": arguments}


def _long_first(option: str) -> tuple[bool, str]:
    return not option.startswith("--"), option


def _parameter(path: str, parameter: Any) -> dict[str, Any]:
    choices = _CHOICES.get((path, parameter.name)) or getattr(parameter.type, "choices", None)
    if choices:
        return {"kind": "", "choices": [str(getattr(each, "value", each)) for each in choices]}
    special = _SPECIAL.get((path, parameter.name))
    if (
        special is None
        and parameter.type.name in ("path", "file", "directory")
        and parameter.name != "directory"
    ):
        return {"kind": "files"}
    return {"kind": special or _KINDS.get(parameter.name, "")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(completion_table(), indent=1) + "\n")
