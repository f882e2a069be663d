"""Settings that the stack passes to the function as environment variables."""

import os


class SettingMissing(Exception):
    """An environment variable that the function needs is not set."""


def setting(name: str) -> str:
    """Return the value of an environment variable.

    Raises:
        SettingMissing: if the variable is not set; the message contains its name.
    """
    value = os.environ.get(name)
    if value is None:
        raise SettingMissing(f"the function's environment has no {name}; deploy its stack again")
    return value
