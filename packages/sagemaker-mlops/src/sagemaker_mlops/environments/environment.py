"""Settings of one environment, and checks for combinations that AWS does not support."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_mlops.contract.features import Frozen
from sagemaker_mlops.environments.jobs import Jobs

InstanceType = Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
MAXIMUM_SERVERLESS_CONCURRENCY = 200


class Network(Frozen):
    """Subnets and security groups for jobs and endpoint; set neither to use SageMaker's own network."""

    subnets: tuple[SubnetId, ...] = ()
    security_groups: tuple[SecurityGroupId, ...] = ()

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups go together; give both or neither")
        return self

    def __bool__(self) -> bool:
        return bool(self.subnets)


class Endpoint(Frozen):
    """Endpoint settings: instances of a real-time endpoint, or memory and concurrency of a serverless one."""

    kind: Literal["real_time", "serverless"] = "real_time"
    instance_type: InstanceType | None = None
    minimum_instances: Annotated[int, Field(ge=1, le=100)] | None = None
    maximum_instances: Annotated[int, Field(ge=1, le=100)] | None = None
    capture_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    gradual_rollout: bool = Field(default=True, description="false: all at once, whatever operations.yaml says")
    server_processes: Annotated[int, Field(ge=1, le=96)] | None = Field(
        default=None, description="processes of the inference server on an instance; default: one for every core"
    )
    serverless_memory_megabytes: Literal[1024, 2048, 3072, 4096, 5120, 6144] | None = None
    serverless_maximum_concurrency: Annotated[int, Field(ge=1, le=MAXIMUM_SERVERLESS_CONCURRENCY)] | None = None

    @model_validator(mode="after")
    def _one_kind_at_a_time(self) -> Self:
        other = SERVERLESS_ONLY if self.kind == "real_time" else REAL_TIME_ONLY
        wrong = [name for name in other if getattr(self, name) is not None]
        if wrong:
            raise ValueError(f"a {self.kind} endpoint has no {', '.join(wrong)}; remove it, or choose the other kind")
        return self

    @model_validator(mode="after")
    def _capacity_makes_sense(self) -> Self:
        if self.instances[0] > self.instances[1]:
            raise ValueError(
                f"minimum_instances {self.instances[0]} is above maximum_instances {self.instances[1]}; lower it"
            )
        return self

    @property
    def is_serverless(self) -> bool:
        """True if the endpoint is serverless, so that SageMaker manages its capacity."""
        return self.kind == "serverless"

    @property
    def real_time_instance_type(self) -> str:
        """Instance type of a real-time endpoint, ml.m5.large by default."""
        return self.instance_type or "ml.m5.large"

    @property
    def instances(self) -> tuple[int, int]:
        """Minimum and maximum number of instances; equal without autoscaling."""
        least = self.minimum_instances or 1
        return least, self.maximum_instances or least

    @property
    def scales(self) -> bool:
        """True if autoscaling changes the number of instances: real-time, with a maximum above the minimum."""
        return not self.is_serverless and self.instances[0] < self.instances[1]

    @property
    def captured_percent(self) -> int:
        """Percentage of requests that data capture records: 100 by default, 0 for a serverless endpoint."""
        return 0 if self.is_serverless else (100 if self.capture_percent is None else self.capture_percent)

    @property
    def serverless_capacity(self) -> tuple[int, int]:
        """Memory in megabytes and maximum number of concurrent requests of a serverless endpoint."""
        return self.serverless_memory_megabytes or 2048, self.serverless_maximum_concurrency or 5


OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
REAL_TIME_ONLY = ("instance_type", "minimum_instances", "maximum_instances", "capture_percent")
SERVERLESS_ONLY = ("serverless_memory_megabytes", "serverless_maximum_concurrency")


class Environment(Frozen):
    """One environment: its AWS account and region, and the settings of what is deployed there."""

    account: Annotated[str, Field(pattern=r"^\d{12}$", description="AWS account id, 12 digits in quotes")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$")]
    trains: bool = False
    serves: bool = False
    monitored: bool = Field(default=False, description="monitors watch the endpoint; needs captured requests")
    uncommitted_code: bool = Field(
        default=False, description="serves versions whose image has changes that are in no commit"
    )
    monitor_every: Literal["hour", "day"] = Field(default="day", description="length of a monitor's window")
    cooldown_minutes: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="minutes between automatic trainings; default: cooldown_hours of operations.yaml"
    )
    upload_pause_minutes: Annotated[int, Field(ge=0)] = Field(
        default=10, description="new data start a training once nothing has been uploaded for this long"
    )
    processing_instance_type: InstanceType = "ml.m5.large"
    training_instance_type: InstanceType = "ml.m5.large"
    jobs: Jobs = Jobs()
    endpoint: Endpoint = Endpoint()
    network: Network = Network()
    network_isolation: bool | None = Field(
        default=None, description="containers reach nothing; default: real-time only"
    )
    retain_data: bool = Field(default=True, description="buckets, key, images and registry survive `mlops destroy`")
    capture_retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    monthly_budget_usd: Annotated[int, Field(ge=1)] | None = None
    permissions_boundary: Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,128}$")] | None = None

    @model_validator(mode="after")
    def _region_of_the_commercial_partition(self) -> Self:
        """Refuse regions of other partitions (aws-cn, aws-us-gov, aws-iso, aws-eusc).

        The ARNs and trust policies of the stacks contain the partition `aws`.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        """
        if self.region.startswith(OTHER_PARTITIONS):
            raise ValueError(
                f"region: expected one of the commercial regions (partition aws), found {self.region}, which is of "
                "another partition; the stacks cannot be deployed there. Choose another, such as eu-west-1"
            )
        return self

    @model_validator(mode="after")
    def _serverless_supports_settings(self) -> Self:
        if not self.endpoint.is_serverless:
            return self
        refused = {
            "monitored: true": self.monitored,
            "network.subnets": bool(self.network),
            "network_isolation: true": bool(self.network_isolation),
        }
        wrong = [name for name, present in refused.items() if present]
        if wrong:
            raise ValueError(
                f"a serverless endpoint cannot have {', '.join(wrong)} (AWS refuses it); remove it, or use real_time"
            )
        return self

    @model_validator(mode="after")
    def _monitors_have_captured_requests(self) -> Self:
        if self.monitored and not self.serves:
            raise ValueError("monitored is true but serves is false, so there is nothing to watch; remove monitored")
        if self.monitored and self.endpoint.captured_percent == 0:
            raise ValueError("monitored is true but capture_percent is 0, so monitors see nothing; raise it")
        return self

    @model_validator(mode="after")
    def _monitors_end_before_the_next_begin(self) -> Self:
        limit, period = self.jobs.monitoring.time_limit_minutes, 60 * self.monitoring_window_hours
        if limit > period:
            raise ValueError(
                f"jobs.monitoring.time_limit_minutes is {limit}, but monitors run every {self.monitor_every}, and AWS "
                f"allows at most {period} minutes; lower it"
            )
        return self

    @property
    def monitoring_window_hours(self) -> int:
        """Length of a monitoring window in hours."""
        return 24 if self.monitor_every == "day" else 1

    @property
    def monitoring_cron(self) -> str:
        """Schedule expression of the monitors.

        Model Monitor supports only hourly and daily schedules, and requires `?` for the day of the month.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html
        """
        return "cron(0 0 ? * * *)" if self.monitor_every == "day" else "cron(0 * ? * * *)"

    @property
    def isolates_network(self) -> bool:
        """True if the model's container has no network access, the default for real-time endpoints."""
        return not self.endpoint.is_serverless if self.network_isolation is None else self.network_isolation
