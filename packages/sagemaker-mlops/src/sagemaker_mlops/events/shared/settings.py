"""Read what the stack set in the function's environment."""

import os


class SettingMissing(Exception):
    """The stack did not set a variable that the function needs."""


def setting(name: str) -> str:
    """A variable of the function; raises SettingMissing, which names it, where the stack forgot it."""
    value = os.environ.get(name)
    if value is None:
        raise SettingMissing(f"the function's environment has no {name}; deploy its stack again")
    return value
