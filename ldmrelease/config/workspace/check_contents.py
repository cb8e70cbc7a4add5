"""The checks of a workspace with what their templates and files say: what makes each of them this check."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from ldmrelease.checks.check_files import LinkedFolder, LinkedOut, TooManyFiles, check_files, command_files
from ldmrelease.config.workspace.check_template import with_document
from ldmrelease.config.workspace.model import Notify
from ldmrelease.config.workspace.receiver_schema import receivers_of
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem
from ldmrelease.domain.topology import Check, Topology

T = TypeVar("T")


def with_files(
    topology: Topology, root: Path, document: read.YamlDocument, problems: list[Problem]
) -> Topology:
    """The checks with what their templates and scripts say: bad ones are found before anything is run, and noted in
    `problems`.
    """
    found = [attempt(partial(with_document, each, root), problems) or each for each in topology.checks]
    checks = [attempt(partial(_with_contents, each, root, document), problems) or each for each in found]
    return replace(topology, checks=tuple(checks))


def _with_contents(check: Check, root: Path, document: read.YamlDocument) -> Check:
    absent = [(index, each) for index, each in enumerate(check.files) if not (root / each).exists()]
    place = ("checks", check.name, "files")
    if absent:
        problems = [
            document.problem(
                (*place, index), f"{each} is not there", "name files and folders of the workspace"
            )
            for index, each in absent
        ]
        raise BadInput(problems)
    try:
        return replace(check, contents=check_files(check, root))
    except TooManyFiles as error:
        raise BadInput(
            [document.problem(place[:2], str(error), "name files instead of that folder")]
        ) from None
    except LinkedFolder as error:
        names = [os.path.normpath(each) for each in check.files]
        field = (*place, names.index(error.name)) if error.name in names else (*place[:2], "command")
        remedy = "name the folder that it points to under `files`, and put no link to it here"
        expected = "files and folders, without links to folders"
        raise BadInput([document.problem(field, str(error), remedy, expected=expected)]) from None
    except LinkedOut as error:
        field = (*place, check.files.index(error.name))
        remedy = "name files and folders of the workspace, without links out of it"
        raise BadInput([document.problem(field, str(error), remedy)]) from None
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}"
        raise BadInput([document.problem(place[:2], message)]) from None


def notify_receivers(file: WorkspaceFile, root: Path, document: read.YamlDocument) -> Notify | None:
    """Who is told, with the files that commands run. Raises `BadInput` where those cannot be read."""
    if file.notify is None:
        return None
    receivers = receivers_of(file.notify)
    words = [word for each in receivers for word in each.command]
    try:
        return Notify(receivers, command_files(words, (), root))
    except (TooManyFiles, LinkedFolder) as error:
        raise BadInput([document.problem(("notify",), str(error), "name a file of the workspace")]) from None
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}"
        raise BadInput([document.problem(("notify",), message)]) from None


def attempt(read: Callable[[], T], problems: list[Problem]) -> T | None:
    """What `read` returns; None where it raises `BadInput`, whose problems are added to `problems`."""
    try:
        return read()
    except BadInput as error:
        problems.extend(error.problems)
        return None
