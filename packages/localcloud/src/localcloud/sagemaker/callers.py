"""Identity of the principal that created or changed a resource."""

from localcloud.sagemaker.operations import Members, Request


def caller(request: Request) -> Members:
    """Return the UserContext of the principal that sent a request: its IAM identity.

    Source: botocore's documentation of UserContext and IamIdentity. The form of PrincipalId is an assumption.
    """
    arn = request.cloud.host.caller_arn(request.scope)
    _, _, assumed = arn.partition(":assumed-role/")
    role, _, session = assumed.partition("/")
    principal_id = f"AROA{role}:{session}" if assumed else arn.split(":")[4]
    return {"IamIdentity": {"Arn": arn, "PrincipalId": principal_id}}
