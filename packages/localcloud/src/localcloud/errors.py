"""Errors with which localcloud rejects a request."""


class AwsError(Exception):
    """Error response of an AWS service, with the service's code and message."""

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class NotInLocalcloud(AwsError):
    """Error for an AWS feature that localcloud does not implement.

    AWS has no error of this code, so it cannot be mistaken for an error of a service.
    """

    def __init__(self, what: str) -> None:
        super().__init__("NotInLocalcloud", f"localcloud does not implement {what}", status=501)


def validation_error(message: str) -> AwsError:
    """Return a ValidationException, SageMaker's usual error for an invalid request."""
    return AwsError("ValidationException", message)
