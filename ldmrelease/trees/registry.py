"""The layouts by name. A new one is a module of `layouts` and a line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import SwitchingLayout, TreeLayout

LAYOUTS: Mapping[str, str] = {
    "phalanx": "phalanx",
    "flux": "flux",
    "kustomize": "kustomize",
    "plain": "plain",
}
"""By name, the module of `layouts`; a tree is of the first one that fits."""

SWITCHING = ("phalanx",)
"""Those that have a switch for each application."""

if TYPE_CHECKING:
    from ldmrelease.trees.layouts import flux, kustomize, phalanx, plain

    _LAYOUTS: tuple[TreeLayout, ...] = (phalanx, flux, kustomize, plain)
    _SWITCHING: tuple[SwitchingLayout, ...] = (phalanx,)


def layout(name: str) -> TreeLayout:
    """A layout by its name. Raises KeyError."""
    return cast(TreeLayout, import_module(f"ldmrelease.trees.layouts.{LAYOUTS[name]}"))


def layout_of(tree: Tree) -> str | None:
    """The name of a tree's layout; None where no known one fits."""
    return next((name for name in LAYOUTS if layout(name).fits(tree)), None)


def switching_layout_of(tree: Tree) -> SwitchingLayout | None:
    """The shape of a tree, where it has switches."""
    found = (cast(SwitchingLayout, layout(name)) for name in SWITCHING)
    return next((each for each in found if each.fits(tree)), None)
