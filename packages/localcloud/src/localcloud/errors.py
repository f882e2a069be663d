"""The two ways in which a request is refused."""


class AwsError(Exception):
    """A refusal of the service, with the service's code and message."""

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class NotInLocalcloud(AwsError):
    """Something that AWS has and localcloud lacks. The code is none of AWS's, so nobody mistakes one for the other."""

    def __init__(self, what: str) -> None:
        super().__init__("NotInLocalcloud", f"localcloud does not implement {what}", status=501)


def validation_error(message: str) -> AwsError:
    """SageMaker's usual refusal."""
    return AwsError("ValidationException", message)
