"""The nouns, as frozen values: standard library, msgspec (the codec) and semver (one tag grammar) only."""
