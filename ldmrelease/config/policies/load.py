"""Policy files -> levels."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from ldmrelease.config.policies.ids import id_clashes
from ldmrelease.config.policies.overlay_reading import compression, emergency, overlay_faults
from ldmrelease.config.policies.rule_clause import Clause
from ldmrelease.config.policies.schema import (
    KEYS_TO_COME,
    EnvironmentAdditions,
    LevelFile,
    WaiverLimitsEntry,
)
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.config.yaml.validation_messages import validate
from ldmrelease.domain import canonical
from ldmrelease.domain.level import Additions, Ask, Level, Recalled, Requirement, Unmanaged, WaiverLimits

SUFFIX = ".yaml"


def load_level(path: Path) -> Level:
    """The level that a policy file describes. Raises `BadInput` with everything that is wrong in it."""
    return read_level(path)[0]


def parse_level(data: bytes, name: str) -> Level:
    """The level of a policy document that was kept as bytes; `name` is for messages. Raises `BadInput`."""
    return _level_of(read.parse(data, name))


def read_level(path: Path) -> tuple[Level, read.YamlDocument]:
    """The level, and the document for the places of its values. Raises `BadInput`."""
    document = read.read(path)
    return _level_of(document), document


def _level_of(document: read.YamlDocument) -> Level:
    problems = list(id_clashes(document))
    try:
        file = validate(LevelFile, document, later=KEYS_TO_COME)
    except BadInput as error:
        raise BadInput([*error.problems, *problems]) from error
    level = _level(file, canonical.digest(document.data))
    problems += overlay_faults(level, document)
    if problems:
        raise BadInput(problems)
    return level


def load_levels(directory: Path) -> dict[str, Level]:
    """The levels of every `.yaml` file of a directory, by name.

    Raises `BadInput` with everything that is wrong in any of them.
    """
    return {name: level for name, (level, _) in read_levels(policy_files(directory)).items()}


def policy_files(directory: Path) -> tuple[Path, ...]:
    """The policy files of a directory, in order. Raises `BadInput` where there is none."""
    files = tuple(sorted(directory.glob(f"*{SUFFIX}")))
    if not files:
        problem = Problem(shown(directory), f"no policy file (*{SUFFIX}) is there", remedy="name its folder")
        raise BadInput([problem])
    return files


class ReadLevels(Struct, frozen=True):
    """Levels by name, with their documents, and all that is wrong in any of the files. `names` are also those of the
    levels whose files cannot be used.
    """

    levels: dict[str, tuple[Level, read.YamlDocument]]
    problems: tuple[Problem, ...]
    names: frozenset[str]


def read_levels(files: Iterable[Path]) -> dict[str, tuple[Level, read.YamlDocument]]:
    """Levels by name, with their documents. Raises `BadInput` with everything that is wrong in any file."""
    found = usable_levels(files)
    if found.problems:
        raise BadInput(found.problems)
    return found.levels


def usable_levels(files: Iterable[Path]) -> ReadLevels:
    """The levels of those files that have nothing wrong in them, and what is wrong in the others."""
    found: dict[str, tuple[Level, read.YamlDocument]] = {}
    problems: list[Problem] = []
    names: set[str] = set()
    for path in files:
        try:
            level, document = read_level(path)
        except BadInput as error:
            problems.extend(error.problems)
            names.update(_probable_names(path))
            continue
        if level.name in found:
            other = found[level.name][1].file
            message = f"the level {level.name!r} stands in {other} too"
            problems.append(document.problem(("metadata", "name"), message, "give it another name"))
        found.setdefault(level.name, (level, document))
    return ReadLevels(found, tuple(problems), frozenset({*names, *found}))


def _probable_names(path: Path) -> Iterator[str]:
    """What the level of a file that cannot be used may be called."""
    yield path.stem
    try:
        plain = read.read(path).plain
    except BadInput:
        return
    metadata = plain.get("metadata") if isinstance(plain, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(name, str):
        yield name


def level_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file, with a description of every field."""
    return LevelFile.model_json_schema()


def _level(file: LevelFile, digest: str) -> Level:
    spec = file.spec
    return Level(
        name=file.metadata.name,
        version=file.metadata.version,
        digest=digest,
        accepts=spec.accepted(),
        excludes=tuple(spec.excludes or ()),
        enter=_requirements(spec.enter),
        confirm=_requirements(spec.confirm),
        environments={name: _additions(each) for name, each in spec.environments.items()},
        availability=spec.availability,
        source=file.metadata.source,
        ask=Ask(spec.ask),
        unmanaged=Unmanaged(spec.unmanaged),
        recalled=Recalled(spec.recalled),
        compressions={name: compression(name, each) for name, each in spec.compression.items()},
        emergency=None if spec.emergency is None else emergency(spec.emergency),
        waivers=_limits(spec.waivers),
    )


def _limits(entry: WaiverLimitsEntry | None) -> WaiverLimits:
    usual = WaiverLimits()
    return usual if entry is None else WaiverLimits(entry.life or usual.life, entry.number)


def _additions(own: EnvironmentAdditions) -> Additions:
    return Additions(_requirements(own.enter), _requirements(own.confirm), tuple(own.excludes or ()))


def _requirements(clauses: Iterable[Clause]) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(
            id=each.id,
            rule=each.rule,
            parameters=each.parameters(),
            enforce_from=each.enforce_from,
            waivable_by=tuple(each.waivable_by),
            source=each.source,
        )
        for each in clauses
    )
