"""Time limits and volume sizes of an environment's jobs, within the limits of SageMaker.

Source: botocore 1.43.106. ProcessingMaxRuntimeInSeconds is at most 777,600; StoppingCondition of a training job is at
most 28 days; MonitoringMaxRuntimeInSeconds is at most 86,400 and not longer than the period of the schedule.
ProcessingVolumeSizeInGB is at most 16,384. A training job's volume has no documented limit; the same one is assumed.
"""

from typing import Annotated

from pydantic import Field

from sagemaker_mlops.contract.features import Frozen

VolumeGigabytes = Annotated[int, Field(ge=1, le=16_384)]


class ProcessingJobs(Frozen):
    """Limits of the processing jobs: every step of the training pipeline except the training step."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=12_960)] = 60
    volume_gigabytes: VolumeGigabytes = 30


class TrainingJobs(Frozen):
    """Limits of the training job."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=40_320)] = 60
    volume_gigabytes: VolumeGigabytes = 30


class MonitoringJobs(Frozen):
    """Limits of the monitoring jobs, in both runtimes (model_monitor and scheduled_pipeline)."""

    time_limit_minutes: Annotated[int, Field(ge=1, le=1_440)] = 55
    volume_gigabytes: VolumeGigabytes = 30


Job = ProcessingJobs | TrainingJobs | MonitoringJobs


class Jobs(Frozen):
    """Time limit and volume size for each kind of job.

    A volume must hold the data of the training window, or for monitors the captured requests of one monitoring window.
    """

    processing: ProcessingJobs = ProcessingJobs()
    training: TrainingJobs = TrainingJobs()
    monitoring: MonitoringJobs = MonitoringJobs()
