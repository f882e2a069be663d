"""The errors that commands end with, each with its exit code."""


class DeliveryError(Exception):
    """A command cannot go on; the message says what was expected, what was found, and the next step."""

    exit_code = 1


class ReleaseRefused(DeliveryError):
    """A release was not begun: nothing was changed."""

    exit_code = 2


class ReleaseRolledBack(DeliveryError):
    """A release was begun and given back: what served before serves."""

    exit_code = 3


class ReleaseNotVerified(DeliveryError):
    """The endpoint serves something else than the release was to bring."""

    exit_code = 4


class SmokeTestFailed(DeliveryError):
    """The new version served, but not as it was evaluated."""

    exit_code = 5


class ShadowRefused(DeliveryError):
    """The version did worse as a shadow than the one that serves; it was not released."""

    exit_code = 6


class ContainerNotProved(DeliveryError):
    """The image does not run as SageMaker runs it; the message is the cause and the next step."""

    exit_code = 7
