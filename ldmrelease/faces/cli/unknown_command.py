"""What somebody meant by a command that there is not: one of a group, or another program's word for it."""

from ldmrelease.faces.completion.command_line import read_table

_MOST = 3
_OTHER_WORDS = {
    "apply": "promote",
    "deploy": "promote",
    "diff": "drift",
    "get": "where",
    "help": "--help",
    "log": "history",
    "logs": "history",
    "ls": "where",
    "revert": "rollback",
    "rollout": "promote",
    "undo": "rollback",
    "validate": "workspace lint",
    "version": "--version",
}
"""What kubectl, helm, git and others call it."""


def meant_by(word: str) -> list[str]:
    """The commands that may be meant, as one types them; none where nothing is certain."""
    known = _OTHER_WORDS.get(word.lower())
    if known is not None:
        return [known]
    table = read_table()
    if word.lower() != word and word.lower() in table:
        return [word.lower()]
    return [path for path in table if " " in path and path.rpartition(" ")[2] == word][:_MOST]
