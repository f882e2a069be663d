"""Time limits and volumes of an environment's jobs, within what SageMaker allows.

Source: botocore 1.43.106. ProcessingMaxRuntimeInSeconds is at most 777,600; StoppingCondition of a training is at most
28 days; MonitoringMaxRuntimeInSeconds is at most 86,400, and its documentation: not longer than the schedule's period.
ProcessingVolumeSizeInGB is at most 16,384. A training's volume has no documented limit; the same one is assumed.
"""

from typing import Annotated

from pydantic import Field

from sagemaker_mlops.contract.features import Frozen

VolumeGigabytes = Annotated[int, Field(ge=1, le=16_384)]


class ProcessingJobs(Frozen):
    """The steps of the training pipeline that are no training."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=12_960)] = 60
    volume_gigabytes: VolumeGigabytes = 30


class TrainingJobs(Frozen):
    """The training step."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=40_320)] = 60
    volume_gigabytes: VolumeGigabytes = 30


class MonitoringJobs(Frozen):
    """The monitors, in both runtimes."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=1_440)] = 55
    volume_gigabytes: VolumeGigabytes = 30


Job = ProcessingJobs | TrainingJobs | MonitoringJobs


class Jobs(Frozen):
    """What every kind of job may take. A volume has to hold the window's data, of monitors one window's captures."""

    processing: ProcessingJobs = ProcessingJobs()
    training: TrainingJobs = TrainingJobs()
    monitoring: MonitoringJobs = MonitoringJobs()
