"""Validation of CreateEndpointConfig beyond the shapes of its request.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html (feature exclusions),
https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html, and botocore's documentation of
ProductionVariantServerlessConfig.
"""

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.operations import Members, Request

MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)
NOT_HERE = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig")
NOT_IN_VARIANTS = ("InferenceAmiVersion", "InstancePools", "ManagedInstanceScaling", "CapacityReservationConfig")


def check_endpoint_config(request: Request) -> None:
    """Raise ValidationException for an invalid configuration, NotInLocalcloud for an unsupported one."""
    for member in NOT_HERE:
        if request.get(member):
            raise NotInLocalcloud(f"{member} of endpoint configurations")
    variants, shadows = request["ProductionVariants"], request.get("ShadowProductionVariants", [])
    if len(shadows) > 1 or (shadows and len(variants) > 1):
        raise validation_error("A shadow variant needs exactly one production variant, and is alone.")
    for number, variant in enumerate([*variants, *shadows], start=1):
        _check_variant(variant, number)
        model = find_model(request.cloud, request.scope, variant["ModelName"])
        if variant.get("ServerlessConfig"):
            _check_serverless(request, variant, model, alone=len(variants) + len(shadows) == 1)
    names = [variant["VariantName"] for variant in [*variants, *shadows]]
    if len(set(names)) < len(names):
        raise validation_error(f"Expected different names of variants; found {', '.join(names)}.")


def _check_variant(variant: Members, number: int) -> None:
    if "ModelName" not in variant:
        raise NotInLocalcloud("variants without a ModelName")
    for member in NOT_IN_VARIANTS:
        if variant.get(member):
            raise NotInLocalcloud(f"{member} of variants")
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        if not variant.get("InstanceType"):
            raise validation_error(
                f"Expected an InstanceType or a ServerlessConfig in variant {number}; found neither."
            )
    elif serverless["MemorySizeInMB"] not in MEMORY_SIZES:
        allowed = ", ".join(map(str, MEMORY_SIZES))
        raise validation_error(
            f"1 validation error detected: Value '{serverless['MemorySizeInMB']}' at "
            f"'productionVariants.{number}.member.serverlessConfig.memorySizeInMB' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )


def _check_serverless(request: Request, variant: Members, model: Members, *, alone: bool) -> None:
    excluded = {
        "data capture": bool(
            request.get("DataCaptureConfig", {}).get("EnableCapture", "DataCaptureConfig" in request.members)
        ),
        "several variants": not alone,
        "VPC configurations": bool(model.get("VpcConfig")),
        "network isolation": bool(model.get("EnableNetworkIsolation")),
        "instances": bool(variant.get("InstanceType") or variant.get("InitialInstanceCount")),
    }
    for what, is_there in excluded.items():
        if is_there:
            raise validation_error(f"Serverless variants do not support {what}: {variant['VariantName']}.")
