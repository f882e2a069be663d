"""Installation of all changes that localcloud makes to ministack."""

from localcloud.cloud import Cloud
from localcloud.cloudformation.autoscaling_types import AUTOSCALING_TYPES
from localcloud.cloudformation.other_types import OTHER_TYPES
from localcloud.cloudformation.sagemaker_types import SAGEMAKER_TYPES
from localcloud.on_ministack.alarms import install_alarms
from localcloud.on_ministack.change_set_validation import install_change_set_validation
from localcloud.on_ministack.change_sets import install_change_sets
from localcloud.on_ministack.create_only import install_create_only
from localcloud.on_ministack.deliveries import install_deliveries
from localcloud.on_ministack.functions import install_functions
from localcloud.on_ministack.object_events import install_object_events
from localcloud.on_ministack.resource_fills import install_fills
from localcloud.on_ministack.resource_types import install_types
from localcloud.on_ministack.saving import install_saving
from localcloud.on_ministack.schedules import install_schedules
from localcloud.on_ministack.service_checks import install_service_checks
from localcloud.on_ministack.tagged_resources import install_tagged_resources
from localcloud.on_ministack.template_checks import install_template_checks
from localcloud.on_ministack.template_parser import install_template_parser


def install(cloud: Cloud) -> None:
    """Install all changes. Call it once per process, before the server accepts requests."""
    install_types(cloud, (*SAGEMAKER_TYPES, *AUTOSCALING_TYPES, *OTHER_TYPES))
    install_fills(cloud)
    install_create_only()
    install_template_parser()
    install_template_checks()
    install_change_sets()
    install_change_set_validation()
    install_alarms(cloud)
    install_deliveries(cloud)
    install_functions()
    install_object_events()
    install_saving()
    install_schedules(cloud)
    install_service_checks()
    install_tagged_resources(cloud)
