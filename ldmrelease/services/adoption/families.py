"""Settings of many places that differ by names alone, as one pattern that asks the tree for these names: the image
repositories that values say, and where they say them (docs/decisions/0046)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.pattern_schema import Repeated
from ldmrelease.config.workspace.patterns.repeats import PatternQuestions, asked_by, found, is_on, listed
from ldmrelease.config.workspace.tree_questions import Files, IndexedNames, Scalars
from ldmrelease.config.workspace.variables import replaced
from ldmrelease.services.adoption.yaml_lines import YamlText

Names = Mapping[str, str]


class TreeStep(Struct, frozen=True):
    """A question to the tree: the first of `paths` with an answer, and what it has to say."""

    paths: tuple[str, ...]
    value: str | None = None

    def written(self) -> YamlText:
        """As it stands in the workspace's file."""
        path: YamlText = _one_or_more(self.paths)
        return self.paths[0] if self.value is None and len(self.paths) == 1 else self._with_value(path)

    def _with_value(self, path: YamlText) -> YamlText:
        return {"path": path} | ({} if self.value is None else {"value": self.value})


class SettingFamily(Struct, frozen=True):
    """A pattern of settings: what is asked of the tree, what each answer makes, and what it does not make. components:
    what `{component}` stands for, where the tree is not asked for it."""

    steps: tuple[TreeStep, ...]
    component: str
    path: tuple[str, ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    template: str | None = None
    writes: str = "tag"
    where: tuple[str, ...] = ()
    exceptions: tuple[tuple[tuple[str, str], ...], ...] = ()
    components: tuple[str, ...] = ()

    def written(self) -> dict[str, YamlText]:
        """As it stands in the workspace's file."""
        steps = [each.written() for each in self.steps]
        text: dict[str, YamlText] = {}
        if self.components:
            text["for"] = {"component": list(self.components)}
        text["from-tree"] = steps[0] if len(steps) == 1 else steps
        if self.where:
            text["where"] = _one_or_more(self.where)
        if self.exceptions:
            text["except"] = [dict(each) for each in self.exceptions]
        text["component"] = self.component
        if self.path:
            text["path"] = _one_or_more(self.path)
        if self.template is not None:
            text["template"] = self.template
            text["parts"] = {name: _one_or_more(each) for name, each in self.parts}
        if self.writes != "tag":
            text["writes"] = self.writes
        return text


class MadeSetting(Struct, frozen=True):
    """What a family makes at a place: what its variables stand for, the component, and what is written."""

    names: tuple[tuple[str, str], ...]
    component: str
    written: tuple[str, ...]


class FamilyAnswers:
    """What families make of a tree, each asked once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._of: dict[str, Files] = {}
        self._indexed: dict[str, Scalars] = {}
        self._order = {each: number for number, each in enumerate(files)}
        self._by_application: dict[str, list[str]] = defaultdict(list)
        self._common: list[str] = []
        for each in files:
            folder, _, rest = each.partition("/")
            own = self._by_application[rest.partition("/")[0]] if folder == "applications" else self._common
            own.append(each)
        self._questions: dict[SettingFamily, tuple[Repeated, PatternQuestions]] = {}
        self._known: dict[tuple[SettingFamily, str, str, str], tuple[MadeSetting, ...]] = {}

    def made(self, family: SettingFamily, names: Names, file: str) -> tuple[MadeSetting, ...]:
        """The settings of a family at a place, its exceptions apart. names: the place's; file: the one that its
        settings are in."""
        key = family, names["environment"], names["application"], file
        if key not in self._known:
            self._known[key] = tuple(self._made(family, names, file))
        return self._known[key]

    def _made(self, family: SettingFamily, names: Names, file: str) -> Iterator[MadeSetting]:
        head, asked = self._asked(family)
        files = self._near(names["application"])
        chosen = (
            each for own in listed(head, names) for each in found(asked, files, own, lambda _count: None)
        )
        for each in chosen:
            if is_on(asked, files, each):
                first = [family.path[0]] if family.path else [own[0] for _, own in family.parts]
                written = tuple(_whole(replaced(own, each), file) for own in first)
                yield MadeSetting(tuple(each.items()), replaced(family.component, each), written)

    def _near(self, application: str) -> Files:
        """The files that are about an application, or about all of them: to look among the others takes long."""
        if application not in self._of:
            start = f"applications/{application}/"
            first = application.partition("/")[0]
            own = [each for each in self._by_application.get(first, ()) if each.startswith(start)]
            names = sorted([*own, *self._common], key=self._order.__getitem__) if own else self._order
            self._of[application] = IndexedNames({each: self._scalars(each) for each in names})
        return self._of[application]

    def _scalars(self, file: str) -> Scalars:
        if file not in self._indexed:
            self._indexed[file] = IndexedNames(self._files[file])
        return self._indexed[file]

    def _asked(self, family: SettingFamily) -> tuple[Repeated, PatternQuestions]:
        if family not in self._questions:
            text = {key: each for key, each in family.written().items() if key in _HEAD}
            head = Repeated.model_validate(text)
            self._questions[family] = head, asked_by(head)
        return self._questions[family]


_HEAD = ("for", "from-tree", "where")
_CHOICES: tuple[tuple[str, ...], ...] = (
    ("component",),
    ("image",),
    ("chart",),
    ("switch",),
    ("part",),
    ("application",),
    ("application", "image"),
    ("part", "image"),
    ("environment",),
    ("environment", "application"),
    ("environment", "part"),
    ("environment", "application", "image"),
    ("environment", "part", "image"),
)
"""By which variables a setting may be left out, the simplest ones first."""
_SPECIAL = frozenset("*?")


def exceptions(
    wanted: Sequence[Names], others: Sequence[Names]
) -> tuple[tuple[tuple[str, str], ...], ...] | None:
    """What leaves out all `others` and none of `wanted`; None where their names do not tell them apart."""
    left = list(others)
    kept: dict[tuple[str, ...], set[tuple[str, ...] | None]] = {}
    chosen: list[tuple[tuple[str, str], ...]] = []
    while left:
        best: tuple[int, tuple[str, ...], tuple[str, ...]] | None = None
        for keys in _CHOICES:
            if keys not in kept:
                kept[keys] = {_values(each, keys) for each in wanted}
            counts = Counter(own for each in left if (own := _values(each, keys)) is not None)
            fit = [(count, own) for own, count in counts.items() if own not in kept[keys]]
            count, own = max(fit, default=(0, ()), key=lambda each: each[0])
            if count > (best[0] if best is not None else 0):
                best = count, keys, own
        if best is None:
            return None
        _, keys, own = best
        # An exception is a pattern of names, and what is in brackets stands for one character.
        chosen.append(tuple((key, each.replace("[", "[[]")) for key, each in zip(keys, own, strict=True)))
        left = [each for each in left if _values(each, keys) != own]
    return tuple(chosen)


def _values(names: Names, keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """What variables stand for, if an exception can say so."""
    own = tuple(names[key] for key in keys if key in names)
    return own if len(own) == len(keys) and all(map(_SPECIAL.isdisjoint, own)) else None


def excepting(family: SettingFamily, entries: tuple[tuple[tuple[str, str], ...], ...]) -> SettingFamily:
    """The family without these."""
    return replace(family, exceptions=entries)


def _whole(path: str, file: str) -> str:
    return path if "#" in path else f"{file}#{path}"


def _one_or_more(texts: tuple[str, ...]) -> YamlText:
    return texts[0] if len(texts) == 1 else list(texts)
