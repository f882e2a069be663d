"""Errors that end a command, each with its exit code."""


class DeliveryError(Exception):
    """Error that ends a command; the message states what was expected, what was found and the next step."""

    exit_code = 1


class ReleaseRefused(DeliveryError):
    """Error for a release that was refused before anything was changed."""

    exit_code = 2


class ReleaseRolledBack(DeliveryError):
    """Error for a release that was rolled back: the endpoint serves the previous version again."""

    exit_code = 3


class ReleaseNotVerified(DeliveryError):
    """Error for an endpoint that does not serve the version that was released."""

    exit_code = 4


class SmokeTestFailed(DeliveryError):
    """Error for a served version whose predictions or latency differ from the evaluation."""

    exit_code = 5


class ShadowRefused(DeliveryError):
    """Error for a version that failed the shadow comparison and was not released."""

    exit_code = 6


class ContainerTestFailed(DeliveryError):
    """Error for an image that does not run as on SageMaker; the message states the cause and the next step."""

    exit_code = 7


class TemplateConflict(DeliveryError):
    """Some changes of a template update could not be applied."""

    exit_code = 8
