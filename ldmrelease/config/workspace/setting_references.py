"""Whether settings say where they stand, and nobody else writes there; told at their lines."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.target_schema import GitOpsEntry, MenuEntry, SettingEntry
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.selectors import part_names, read_selector, unwritable
from ldmrelease.domain.tags.patterns.template import BadPattern
from ldmrelease.domain.value_addresses import ValueAddress


class _Written(Struct, frozen=True):
    """An address that somebody writes: where the workspace says so, and in which file it is.

    selector: whether it is a part, which others may be put together from, too.
    """

    place: Path
    tree: tuple[str, str, str]
    path: str
    selector: bool


def setting_path_problems(path: Path, setting: SettingEntry, document: YamlDocument) -> Iterator[Problem]:
    """What is no address."""
    for inner, address in setting.addresses:
        try:
            ValueAddress.parse(address)
        except ValueError as error:
            yield document.problem(_place(document, (*path, *inner)), str(error))


def menu_path_problems(path: Path, menu: MenuEntry, document: YamlDocument) -> Iterator[Problem]:
    """What is no address of a menu: all of it is in one text, and its defaults in another."""
    for key, text in (("path", menu.path), ("defaults", menu.defaults)):
        if text is None:
            continue
        try:
            address = ValueAddress.parse(text)
        except ValueError as error:
            yield document.problem((*path, key), str(error))
            continue
        if key == "path" and address.file is not None:
            fix = f"write {address.path}, and the file as file:"
            yield document.problem((*path, key), "a menu is in one file", fix)
        if key == "defaults" and address.file is None:
            fix = f"write applications/nublado/values.yaml#{address.path}"
            yield document.problem((*path, key), "the defaults of a menu are in another file", fix)


def selector_problems(
    path: Path, setting: SettingEntry, grammar: AnyGrammar, spelling: str, document: YamlDocument
) -> Iterator[Problem]:
    """What is no template, parts that it does not have, and those that tags of this grammar do not have.

    spelling: how the component's tags are spelled, such as `al9-{eups}`; checked elsewhere.
    """
    try:
        template = read_selector(setting.template or "")
    except BadPattern as error:
        yield document.problem((*path, "template"), f"the template {error}", expected=error.expected)
        return
    parts, known = setting.parts or {}, part_names(grammar)
    for name in template.names:
        if name not in known:
            message = f"tags of the grammar {grammar} have no part {name!r}"
            yield document.unknown((*path, "template"), message, name, known)
        elif name not in parts:
            message = f"parts do not say where {name!r} of the template stands"
            yield document.problem((*path, "parts"), message, f"add {name}: and its path")
    for name in parts:
        if name not in template.names:
            message = f"the template has no part {name!r}"
            yield document.unknown((*path, "parts", name), message, name, template.names, True)
    wrong = unwritable(template, grammar, spelling) if set(template.names) <= set(known) else None
    if wrong is not None:
        tag, printed = wrong
        message = f"the template makes {printed!r} of the parts of {tag!r}, and so no tag of its product"
        yield document.problem((*path, "template"), message, "write the parts, and numbers in their format")


def twice_written(file: WorkspaceFile, document: YamlDocument) -> Iterator[Problem]:
    """What two settings write, unless both are put together from it: such a part is one for all of them."""
    seen: dict[tuple[str, str, str], list[_Written]] = {}
    for each in _written(file):
        others = seen.setdefault(each.tree, [])
        first = next((other for other in others if _collide(other, each)), None)
        if first is not None:
            line = document.where(first.place)[0]
            message = f"{each.path!r} of {each.tree[2]} is written on line {line} too"
            yield document.problem(_place(document, each.place), message, "let one application write it")
        others.append(each)
    yield from _repeated(file, document)


def _collide(one: _Written, other: _Written) -> bool:
    if one.path == other.path:
        return not (one.selector and other.selector)
    shorter, longer = sorted((one.path, other.path), key=len)
    return longer.startswith((f"{shorter}.", f"{shorter}["))


def _repeated(file: WorkspaceFile, document: YamlDocument) -> Iterator[Problem]:
    """Selectors that say the same of one component twice."""
    for path, tree in _trees(file):
        seen: dict[tuple[str, ...], int] = {}
        for index, each in enumerate(tree.settings):
            if each.template is None:
                continue
            where: Path = (*path, "settings", index)
            key = (each.component.rpartition("/")[2], *sorted(address for _, address in each.written))
            first = seen.setdefault(key, document.where(where)[0])
            if first != document.where(where)[0]:
                message = f"{each.component!r} is put together from these parts on line {first} too"
                yield document.problem(where, message, "leave one of them out")


def _written(file: WorkspaceFile) -> Iterator[_Written]:
    for path, tree in _trees(file):
        for index, each in enumerate(tree.settings):
            for inner, address in each.written:
                at = ValueAddress.of(address)
                where = (tree.repository, tree.branch, at.file or tree.file)
                yield _Written((*path, "settings", index, *inner), where, at.path, each.template is not None)
    for path, menu in _menus(file):
        text = menu.file or str(menu.config_map)
        repository = menu.repository or str(path[1])
        yield _Written((*path, "path"), (repository, menu.branch, text), menu.path, False)


def _trees(file: WorkspaceFile) -> Iterator[tuple[Path, GitOpsEntry]]:
    for environment, site in file.environments.items():
        for name, entry in site.applications.items():
            if entry.target.gitops is not None:
                yield (
                    ("environments", environment, "applications", name, "target", "gitops"),
                    entry.target.gitops,
                )


def _menus(file: WorkspaceFile) -> Iterator[tuple[Path, MenuEntry]]:
    for environment, site in file.environments.items():
        for name, entry in site.applications.items():
            if entry.target.menu is not None:
                yield (
                    ("environments", environment, "applications", name, "target", "menu"),
                    entry.target.menu,
                )


def _place(document: YamlDocument, path: Path) -> Path:
    """The place in the file: a path that stands by itself is in no list."""
    found: object = document.plain
    for step in path:
        keys = dict(enumerate(found)) if isinstance(found, list) else found
        if not isinstance(keys, dict) or step not in keys:
            return path[:-1]
        found = keys[step]
    return path
