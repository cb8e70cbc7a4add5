"""Whether everything that a promotion needs is there."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.services.operations.diagnosis import Diagnosis, Health


class DiagnosisAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: how it is, what was found, and what to do about it."""

    what: str
    health: Health
    message: str
    remedy: str


Diagnoses = list[DiagnosisAnswer]


def diagnosis_answer(found: Diagnosis) -> DiagnosisAnswer:
    """One thing that was looked at."""
    message = found.message if found.trouble is None else refusal_words(found.trouble)
    return DiagnosisAnswer(what=found.what, health=found.health, message=message, remedy=found.remedy)


def diagnoses_code(found: Iterable[DiagnosisAnswer]) -> ExitCode:
    """Refused where something is bad."""
    return found_code([each for each in found if each.health is Health.BAD])
