"""What of a workspace can be put right without a decision of anybody: each is told first, and done when it is agreed.

Nothing that is recorded is changed: keys are made where there is none, and the trust document is told what it lacks.
"""

import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.config.workspace.agreement import TrustChange, agreement, trust_file, used_levels
from ldmrelease.config.workspace.key_faults import OPTIONAL, RECEIPTS, SIGNS, usual_types
from ldmrelease.config.workspace.load import named_keys, named_places
from ldmrelease.domain import times
from ldmrelease.domain.events.kinds import ME
from ldmrelease.services.operations.fix import CannotFix, Fix
from ldmrelease.services.operations.housekeeping import housekeeping
from ldmrelease.services.operations.trust_document import adopt, propose
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.yamledit.entries import put
from ldmrelease.trust.keyring import EVERYWHERE, Role
from ldmrelease.trust.signer import InAgent, generate

_FOLDER = "keys"


def fixes(file: Path, now: datetime) -> Iterator[Fix]:
    """What can be put right in the workspace of a file, one after the other: each sees what those before have done.

    New keys count from `now`. Raises `BadInput` where the files cannot be read.
    """
    yield from _modes(file)
    yield from _folders(file)
    yield from _missing_keys(file, now)
    yield from _agreeing(file)
    yield from housekeeping(file)


def _modes(file: Path) -> Iterator[Fix]:
    for path in dict.fromkeys(named_keys(file).values()):
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Fix(f"keep others from {path} (chmod 600)", lambda path=path: path.chmod(0o600))  # type: ignore[misc]


def _folders(file: Path) -> Iterator[Fix]:
    for path in dict.fromkeys(each.parent for each in named_keys(file).values()):
        if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & 0o022:
            yield Fix(f"keep others from writing {path} (chmod go-w)", _closing(path))
        if not path.exists():
            yield Fix(f"make the folder {path}", lambda path=path: path.mkdir(0o700, parents=True))  # type: ignore[misc]


def _closing(path: Path) -> Callable[[], None]:
    return lambda: path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o022)


def _missing_keys(file: Path, now: datetime) -> Iterator[Fix]:
    purposes = [*SIGNS, *(f"{RECEIPTS}{level}" for level in used_levels(file))]
    for purpose in purposes:
        named = named_places(file).get(purpose)
        if isinstance(named, InAgent) or (named is None and purpose in OPTIONAL):
            continue
        if named is not None and named.exists():
            continue
        name = _free_name(file, purpose.replace("/", "-"))
        path = named or file.resolve().parent / _FOLDER / f"{name}.pem"
        if not path.exists():
            what = f"make the key {name} ({purpose}) in {path}, and let {trust_file(file).name} trust it"
            yield Fix(what, _making(file, purpose, name, path, now))


def _free_name(file: Path, wanted: str) -> str:
    """A name that no key of the trust document has: one that is lost keeps its own."""
    known = load_trust(trust_file(file)).keyring
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, 1000)))
    return next(each for each in names if known.named(each) is None)


def _making(file: Path, purpose: str, name: str, path: Path, now: datetime) -> Callable[[], None]:
    def make() -> None:
        signer, document = generate(), trust_file(file)
        changes = _trusting(load_trust(document), purpose, name, signer.public_pem, now)
        proposal, before = propose(document, changes), file.read_bytes()
        after = before if purpose in named_keys(file) else _naming(file, before, purpose, path)
        if isinstance(proposal, Refusal):
            raise _unfit(proposal)
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        signer.write_key(path)
        adopt(proposal, [me] if (me := named_places(file).get(ME)) is not None else [])
        if after != before:
            file.write_bytes(after)

    return make


def _trusting(trust: Trust, purpose: str, name: str, public: str, now: datetime) -> list[TrustChange]:
    """A key with a role for its purpose, and the role where there is none."""
    role = _role(trust, purpose)
    entry = {"person": name, "roles": [role.name], "not-before": times.spell(now), "public": public}
    key = TrustChange(("keys", name), None, entry)
    if any(each.name == role.name for each in trust.keyring.roles):
        return [key]
    new = {part: list(getattr(role, part)) for part in ("types", "environments", "repositories")}
    return [TrustChange(("roles", role.name), None, new), key]


def _naming(file: Path, data: bytes, purpose: str, path: Path) -> bytes:
    """The workspace's file with the key's file in it."""
    named = put(
        data, ("keys", *purpose.split("/", 1)), str(path.relative_to(file.resolve().parent)), file.name
    )
    if isinstance(named, Refusal):
        raise _unfit(named)
    return named


def _unfit(found: Refusal) -> CannotFix:
    where = ": ".join(str(each) for each in (found.values.get("file"), found.values.get("path")) if each)
    return CannotFix(f"{where}: cannot be changed by a program ({found.code}); change it by hand")


def _role(trust: Trust, purpose: str) -> Role:
    """The role for a purpose: one that is there and allows just what is signed for it, else a new one."""
    types = tuple(usual_types(purpose))
    level = purpose.removeprefix(RECEIPTS) if purpose.startswith(RECEIPTS) else None
    places = (each.partition("/")[0] for each, its in trust.levels.items() if its == level)
    environments = (EVERYWHERE,) if level is None else tuple(dict.fromkeys(places))
    wanted = Role(purpose.replace("/", "-"), types, environments or (EVERYWHERE,), (EVERYWHERE,))
    for each in trust.keyring.roles:
        if set(each.types) == set(types) and set(each.environments) == set(wanted.environments):
            return each
    names = {each.name for each in trust.keyring.roles}
    free = next(
        each
        for each in (wanted.name, *(f"{wanted.name}-{number}" for number in range(2, 1000)))
        if each not in names
    )
    return Role(free, wanted.types, wanted.environments, wanted.repositories)


def _agreeing(file: Path) -> Iterator[Fix]:
    missing = [each for each in agreement(file).changes if each.before is None]
    if missing:
        names = ", ".join(dict.fromkeys(f"{each.path[0]} {each.path[1]}" for each in missing))
        yield Fix(f"record in {trust_file(file).name} what it lacks: {names}", lambda: _record(file, missing))


def _record(file: Path, changes: list[TrustChange]) -> None:
    proposal = propose(trust_file(file), changes)
    if isinstance(proposal, Refusal):
        raise _unfit(proposal)
    adopt(proposal, [me] if (me := named_places(file).get(ME)) is not None else [])
