"""The one error that commands end with."""


class DeliveryError(Exception):
    """A command cannot go on; the message says what was expected, what was found, and the next step."""
