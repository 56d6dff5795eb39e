"""How many examples of a property are tried, in the ordinary suite and in a soak (tests/conftest.py)."""

from hypothesis import settings

_ORDINARY = 100  # what hypothesis tries where nothing is said


def examples(count: int) -> settings:
    """Decorate a property that tries ``count`` examples ordinarily; in a soak as many more as the others."""
    return settings(max_examples=max(count * settings().max_examples // _ORDINARY, 1))
