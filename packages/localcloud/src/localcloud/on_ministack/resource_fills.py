"""Properties that ministack's resource types ignore.

They are applied after ministack's handler, through the API where possible.
"""

from collections.abc import Callable
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import NotInLocalcloud
from localcloud.on_ministack.resource_types import current_scope

Properties = dict[str, Any]
Apply = Callable[[Cloud, str, Properties], None]
BUCKET, TABLE, ROLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::IAM::Role"
FUNCTION, SCHEDULE, SECRET = "AWS::Lambda::Function", "AWS::Scheduler::Schedule", "AWS::SecretsManager::Secret"
TOPIC = "AWS::SNS::Topic"
UTC_NAMES = ("UTC", "Etc/UTC")


def install_fills(cloud: Cloud) -> None:
    """Wrap the handlers of the types that the stacks use.

    The wrapped handlers call the API, so they run on worker threads.
    """
    from ministack.services.cloudformation import stacks

    fills: dict[str, Apply] = {
        BUCKET: _bucket,
        TABLE: _table,
        ROLE: _role,
        FUNCTION: _function,
        SCHEDULE: _schedule,
        TOPIC: _topic,
    }
    for name, apply in fills.items():
        _after(cloud, name, apply)
    _refuse_full_buckets(cloud)
    _secret_by_arn()
    on_worker = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in fills or on_worker(name)


def _own_handlers(name: str) -> dict[str, Any]:
    from ministack.services.cloudformation import provisioners

    handlers: dict[str, Any] = dict(provisioners._RESOURCE_HANDLERS[name])
    provisioners._RESOURCE_HANDLERS[name] = handlers
    return handlers


def _after(cloud: Cloud, name: str, apply: Apply) -> None:
    handlers = _own_handlers(name)
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: Properties, stack_name: str) -> Any:
        result = create(logical_id, properties, stack_name)
        apply(cloud, result[0], properties)
        return result

    def updated(physical_id: str, old: Properties, new: Properties, *rest: str) -> Any:
        result = update(physical_id, old, new, *rest)
        apply(cloud, result[0], new)
        return result

    handlers["create"], handlers["update"] = created, updated


def _client(cloud: Cloud, service: str) -> Any:
    return cloud.host.client(current_scope(), service)


def _bucket(cloud: Cloud, name: str, properties: Properties) -> None:
    s3 = _client(cloud, "s3")
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration")
    # ministack has no AWS managed key to encrypt with, so such a bucket keeps its default encryption.
    if rules and all(_has_key(rule) for rule in rules):
        converted = [_encryption_rule(rule) for rule in rules]
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": converted})
    logging = properties.get("LoggingConfiguration")
    if logging:
        target = {
            "TargetBucket": logging["DestinationBucketName"],
            "TargetPrefix": logging.get("LogFilePrefix", ""),
        }
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": target})
    lifecycle = (properties.get("LifecycleConfiguration") or {}).get("Rules")
    if lifecycle:
        configuration = {"Rules": [_lifecycle_rule(rule) for rule in lifecycle]}
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=configuration)
    if properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": properties["Tags"]})


def _has_key(rule: Properties) -> bool:
    default = rule["ServerSideEncryptionByDefault"]
    return default["SSEAlgorithm"] != "aws:kms" or bool(default.get("KMSMasterKeyID"))


def _encryption_rule(rule: Properties) -> Properties:
    default = rule["ServerSideEncryptionByDefault"]
    kept = {key: default[key] for key in ("SSEAlgorithm", "KMSMasterKeyID") if key in default}
    return {"ApplyServerSideEncryptionByDefault": kept, "BucketKeyEnabled": bool(rule.get("BucketKeyEnabled"))}


def _lifecycle_rule(rule: Properties) -> Properties:
    """Return a lifecycle rule of CloudFormation in the format of the API, which uses other names."""
    unknown = set(rule) - {
        "Id",
        "Status",
        "Prefix",
        "ExpirationInDays",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionExpirationInDays",
        "AbortIncompleteMultipartUpload",
    }
    if unknown:
        raise NotInLocalcloud(f"{', '.join(sorted(unknown))} in a bucket's lifecycle rule")
    result: Properties = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        result["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "NoncurrentVersionExpiration" in rule:
        days = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        result["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        result["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return result


def _refuse_full_buckets(cloud: Cloud) -> None:
    """Reject the deletion of a bucket that has objects, versions or delete markers, as AWS does."""
    handlers = _own_handlers(BUCKET)
    delete = handlers["delete"]

    def guarded(physical_id: str, properties: Properties) -> None:
        s3 = _client(cloud, "s3")
        try:
            found = s3.list_object_versions(Bucket=physical_id, MaxKeys=1)
        except s3.exceptions.NoSuchBucket:
            return
        if found.get("Versions") or found.get("DeleteMarkers"):
            raise ValueError("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
        delete(physical_id, properties)

    handlers["delete"] = guarded


def _table(cloud: Cloud, name: str, properties: Properties) -> None:
    dynamodb = _client(cloud, "dynamodb")
    lifetime = properties.get("TimeToLiveSpecification")
    if lifetime:
        enabled = str(lifetime.get("Enabled")).lower() == "true"
        wanted = {"AttributeName": lifetime["AttributeName"], "Enabled": enabled}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery:
        enabled = str(recovery.get("PointInTimeRecoveryEnabled")).lower() == "true"
        wanted = {"PointInTimeRecoveryEnabled": enabled}
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)


def _role(_cloud: Cloud, name: str, properties: Properties) -> None:
    from ministack.services import iam

    iam._roles[name]["PermissionsBoundary"] = properties.get("PermissionsBoundary") or ""


def _function(_cloud: Cloud, name: str, properties: Properties) -> None:
    from ministack.services import lambda_svc

    function = lambda_svc._functions[name]
    if function.get("code_zip") is None:
        raise ValueError(f"Error occurred while GetObject. {properties.get('Code')}")
    function["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig") or {}


def _schedule(_cloud: Cloud, name: str, properties: Properties) -> None:
    from ministack.services import scheduler

    if scheduler._schedules.get(f"{properties.get('GroupName', 'default')}/{name}") is None:
        raise ValueError(f"Schedule {name} was refused: {properties.get('ScheduleExpression')}")
    if properties.get("ScheduleExpressionTimezone", "UTC") not in UTC_NAMES:
        raise NotInLocalcloud("schedules in a time zone other than UTC")
    for member in ("StartDate", "EndDate", "KmsKeyArn"):
        if properties.get(member):
            raise NotInLocalcloud(f"{member} of schedules")


def _topic(cloud: Cloud, arn: str, properties: Properties) -> None:
    if properties.get("KmsMasterKeyId"):
        _client(cloud, "sns").set_topic_attributes(
            TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=properties["KmsMasterKeyId"]
        )


def _secret_by_arn() -> None:
    """Make Ref of a secret return its ARN, from which policies are built. ministack returns the name."""
    handlers = _own_handlers(SECRET)
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def name_of(physical_id: str) -> str:
        return physical_id.split(":secret:")[-1].rsplit("-", 1)[0] if ":secret:" in physical_id else physical_id

    def created(logical_id: str, properties: Properties, stack_name: str) -> Any:
        _, attributes = create(logical_id, properties, stack_name)
        return attributes["Arn"], attributes

    def updated(physical_id: str, *rest: Any) -> Any:
        _, attributes = update(name_of(physical_id), *rest)
        return attributes["Arn"], attributes

    handlers["create"], handlers["update"] = created, updated
    handlers["delete"] = lambda physical_id, *rest: delete(name_of(physical_id), *rest)
