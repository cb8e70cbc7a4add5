"""How bash, zsh and fish ask, and how they want to be answered (the protocol of typer's scripts)."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

VARIABLE = "_LDMRELEASE_COMPLETE"
_STYLE = re.compile(r"\[/?[a-z ]+\]")


class Candidate(NamedTuple):
    """A word that may stand there, and what it is."""

    value: str
    help: str = ""


class Question(NamedTuple):
    """The words before the one that is typed, without the program's name, and what is there of it."""

    words: tuple[str, ...]
    incomplete: str


def question(shell: str, environ: Mapping[str, str]) -> Question:
    """What a shell asks. Raises `ValueError`, `IndexError` where it asks nothing."""
    if shell == "bash":
        words, at = _split(environ["COMP_WORDS"]), int(environ["COMP_CWORD"])
        return Question(tuple(words[1:at]), words[at] if at < len(words) else "")
    typed = environ["_TYPER_COMPLETE_ARGS"]
    words = _split(typed)[1:]
    if words and not typed.endswith(" "):
        return Question(tuple(words[:-1]), words[-1])
    return Question(tuple(words), "")


def answer(
    shell: str, found: Sequence[Candidate], *, files: bool, environ: Mapping[str, str]
) -> tuple[str, int]:
    """What to print, and the exit code; `files` leaves the word to the shell, which knows its files."""
    if shell == "fish":
        if environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            return "", int(files)
        return "\n".join(f"{each.value}\t{each.help}" if each.help else each.value for each in found), 0
    if shell == "zsh":
        if files and not found:
            return "_files", 0
        told = "\n".join(_zsh(each) for each in found)
        return f"_arguments '*: :(({told}))'" if told else "", 0
    return "\n".join(each.value for each in found), 0


def _split(text: str) -> list[str]:
    """The words of a command line that may end within quotes."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token)
    return words


def _zsh(each: Candidate) -> str:
    value = f'"{_escaped(each.value)}"'
    return f'{value}:"{_escaped(_STYLE.sub("", each.help))}"' if each.help else value


def _escaped(text: str) -> str:
    doubled = text.replace('"', '""').replace("'", "''")
    return doubled.replace("$", "\\$").replace("`", "\\`").replace(":", r"\\:")
