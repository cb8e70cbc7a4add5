"""No service takes the whole context: each takes what it needs (docs/decisions/0029)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "ldmrelease" / "services"
WHOLE = {"Context", "ReadContext"}
MODULES = sorted(each for each in SERVICES.rglob("*.py") if each != SERVICES / "context.py")


def taken(source: str) -> list[str]:
    """The functions and classes that take, or keep, the whole context."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            args = node.args
            every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
            annotations = [each.annotation for each in every if each is not None]
        elif isinstance(node, ast.ClassDef):
            annotations = [each.annotation for each in node.body if isinstance(each, ast.AnnAssign)]
        else:
            continue
        if any(each is not None and names(each) & WHOLE for each in annotations):
            found.append(node.name)
    return found


def names(annotation: ast.expr) -> set[str]:
    """The type names in an annotation, quoted or not."""
    found: set[str] = set()
    for each in ast.walk(annotation):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            found |= names(ast.parse(each.value, mode="eval").body)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda each: str(each.relative_to(SERVICES)))
def test_no_service_takes_the_whole_context(module: Path) -> None:
    assert taken(module.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "def act(context: Context): ...",
        'def act(*, context: "ReadContext | None" = None): ...',
        "async def act(each: list[context.Context]): ...",
        "class act:\n    context: Context",
    ],
)
def test_whoever_takes_it_is_found(source: str) -> None:
    assert taken(source) == ["act"]
