"""What a mutant of a policy does not ask any more, in words."""

from ldmrelease.policy import mutations
from ldmrelease.policy.mutations import PolicyMutant

_WORDS = {
    mutations.DROPPED: "left out",
    mutations.LEFT_OUT: "without `{word}`",
    mutations.SHORTER: "`{word}` a second shorter",
    mutations.LONGER: "`{word}` a bit longer",
    mutations.REMOVED: "without `{word}`",
    mutations.ANYTHING: "`{word}` may be anything",
    mutations.OTHERWISE: "`{word}` as lax as it can be",
    mutations.FEWER: "`{word}` with fewer of them",
    mutations.MORE: "`{word}` with one more",
    mutations.KIND_ADDED: "{word} is accepted too",
    mutations.KIND_ALLOWED: "{word} is no longer excluded",
    mutations.ROLE_ADDED: "one more role may waive it",
    mutations.NOT_ENFORCED: "not enforced yet",
    mutations.ENFORCED_LATER: "enforced a second later",
    mutations.ASKED_LESS: "`ask: {word}`",
}


def mutant_words(mutant: PolicyMutant) -> str:
    """What was changed, such as `smoke: without max-age`."""
    words = _WORDS[mutant.code].format(word=mutant.word)
    return f"{mutant.requirement}: {words}" if mutant.requirement is not None else words
