"""Every private name of ministack that localcloud uses, so that a new version breaks here and not in the middle."""

import inspect
import os
import re

import localcloud
import pytest


@pytest.fixture(scope="module", autouse=True)
def quiet() -> None:
    os.environ.setdefault("IOT_MTLS_ENABLED", "0")


def test_services_are_found_in_three_tables() -> None:
    from ministack import app
    from ministack.core import router

    assert isinstance(app.SERVICE_REGISTRY, dict)
    assert isinstance(app.SERVICE_HANDLERS, dict)
    assert isinstance(app._loaded_modules, dict)
    assert {"target_prefixes", "host_patterns"} & set(router.SERVICE_PATTERNS["sqs"])
    assert "sagemaker" not in app.SERVICE_REGISTRY, "ministack has a SageMaker of its own now; look at it"


def test_a_handler_gets_what_ours_takes() -> None:
    from ministack.services import cloudwatch_logs

    names = list(inspect.signature(cloudwatch_logs.handle_request).parameters)
    assert names == ["method", "path", "headers", "body", "query_params"]


def test_the_content_type_of_answers_can_be_set_by_service() -> None:
    from ministack.core import responses

    responses._WIRE_CT_SUCCESS_OVERRIDE["anything"] = "application/json"
    assert responses.expected_success_content_type("anything", "application/x-amz-json-1.1") == "application/json"
    del responses._WIRE_CT_SUCCESS_OVERRIDE["anything"]


def test_change_sets_are_handled_by_a_table() -> None:
    from ministack.services.cloudformation import handlers, helpers

    assert {"CreateChangeSet", "ExecuteChangeSet"} <= set(handlers._ACTION_HANDLERS)
    assert list(inspect.signature(helpers._error).parameters)[:2] == ["code", "message"]
    assert list(inspect.signature(helpers._p).parameters)[:2] == ["params", "key"]


def test_events_of_aws_can_be_put() -> None:
    from ministack.services import eventbridge

    assert "allow_aws_source" in inspect.signature(eventbridge._put_events).parameters


def test_state_can_be_saved_at_any_time() -> None:
    from ministack import app
    from ministack.core import persistence

    assert callable(app._build_persistence_save_dict)
    assert callable(persistence.save_all)
    used = set(re.findall(r"\bjson\.([A-Za-z]\w*)", inspect.getsource(persistence)))
    assert used == {"dump", "load", "JSONDecodeError"}


def test_work_can_be_pinned_to_an_account_and_region() -> None:
    from ministack.core import responses

    assert list(inspect.signature(responses.request_scope).parameters) == ["account_id", "region"]
    assert callable(responses.get_account_id)
    assert callable(responses.get_region)


def test_private_names_are_used_in_one_package_only() -> None:
    package = os.path.dirname(localcloud.__file__)
    users = set()
    for folder, _, files in os.walk(package):
        for name in files:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                if "from ministack" in text or "import ministack\n" in text:
                    users.add(os.path.basename(folder))
    assert users == {"on_ministack"}


def test_stacks_know_types_through_a_table_and_two_questions() -> None:
    from ministack.services.cloudformation import provisioners, stacks

    assert {"create", "delete"} <= set(provisioners._RESOURCE_HANDLERS["AWS::SQS::Queue"])
    assert isinstance(provisioners._CUSTOM_NAME_REPLACEMENT, dict)
    assert isinstance(stacks._runs_on_worker_thread("AWS::SQS::Queue"), bool)
    assert isinstance(stacks._sends_back_failed_update("AWS::SQS::Queue"), bool)


@pytest.mark.parametrize(
    "name",
    [
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Scheduler::Schedule",
        "AWS::SNS::Topic",
        "AWS::SecretsManager::Secret",
    ],
)
def test_the_types_whose_properties_are_filled_in_can_be_wrapped(name: str) -> None:
    from ministack.services.cloudformation import provisioners

    assert {"create", "update", "delete"} <= set(provisioners._RESOURCE_HANDLERS[name])


def test_change_sets_compare_through_two_functions() -> None:
    from ministack.services.cloudformation import changesets, engine, stacks

    assert list(inspect.signature(changesets._resolve_props_for_diff).parameters)[:2] == ["template", "params"]
    assert callable(changesets._diff_resources)
    assert callable(stacks._diff_resources)
    assert callable(engine._evaluate_conditions)
    assert callable(engine._resolve_refs)


def test_templates_are_checked_through_these_functions() -> None:
    from ministack.services.cloudformation import changesets, engine, handlers, stacks

    assert handlers._capabilities_enforced() in (True, False)
    names = ["sent", "template", "params", "macros"]
    assert list(inspect.signature(handlers._check_capabilities).parameters) == names
    for module in (handlers, changesets):
        assert module._resolve_parameters is engine._resolve_parameters
        assert module.validate_template_support is engine.validate_template_support
    assert list(inspect.signature(engine._resolve_parameters).parameters)[:2] == ["template", "provided_params"]
    assert list(inspect.signature(engine.validate_template_support).parameters) == ["template", "conditions", "params"]
    assert list(inspect.signature(stacks._validation_errors).parameters)[:7] == [
        "resources_defs",
        "ordered",
        "param_values",
        "conditions",
        "mappings",
        "stack_name",
        "stack_id",
    ]
    assert "DescribeEvents" in handlers._ACTION_HANDLERS
    assert callable(stacks._operation_event)
    assert callable(changesets._find_change_set)
    assert callable(engine._intrinsic_references)
    assert engine._NO_VALUE is not None
    with pytest.raises(ValueError, match="Circular dependency detected among resources: A, B"):
        engine._topological_sort({"A": {"DependsOn": "B"}, "B": {"DependsOn": "A"}}, {})


def test_replacement_is_decided_by_three_functions() -> None:
    from ministack.services.cloudformation import provisioners, stacks

    for name in ("_property_recreation", "_replacing_change", "_custom_named_replacement_error"):
        assert getattr(stacks, name) is getattr(provisioners, name)
    names = ["resource_type", "old_props", "new_props", "physical_id"]
    assert list(inspect.signature(provisioners._custom_named_replacement_error).parameters) == names
    assert "_update_resource(*args)" in inspect.getsource(stacks._update_keeping_seed)
    assert "_provision_resource(*args)" in inspect.getsource(stacks._provision_keeping_seed)


def test_requests_of_services_are_handled_by_these_functions() -> None:
    from ministack.services import cloudwatch, ecr, eventbridge, lambda_svc, scheduler

    assert callable(ecr._find_image)
    assert hasattr(ecr, "_repositories")
    for module, names in {
        ecr: ("_put_image", "_describe_images"),
        eventbridge: ("_put_rule", "_put_targets", "_delete_rule"),
        scheduler: ("_create_schedule", "_update_schedule"),
        cloudwatch: ("_put_metric_alarm", "_put_metric_data"),
        lambda_svc: ("_create_function",),
    }.items():
        for name in names:
            source = inspect.getsource(module)
            assert f": {name}," in source or f"return {name}(" in source, name
    assert list(inspect.signature(scheduler._create_schedule).parameters) == ["name", "body"]
    arguments = ["params", "cbor_data", "is_cbor", "is_json"]
    assert list(inspect.signature(cloudwatch._put_metric_data).parameters) == arguments
    assert cloudwatch._parse_ts(1.5) == 1.5
    assert list(inspect.signature(eventbridge._rule_key).parameters) == ["rule_name", "bus_name"]
    assert eventbridge._event_pattern_error("") is None


def test_alarms_can_be_evaluated_by_us() -> None:
    from ministack.services import cloudwatch

    assert next(iter(inspect.signature(cloudwatch._dispatch_alarm_actions).parameters)) == "alarm"
    for name in ("_evaluate_alarm", "_evaluate_all_alarms", "_record_history", "_evaluate_parent_alarms"):
        assert callable(getattr(cloudwatch, name)), name
    for name in ("_dims_key", "_dims_from_list", "_calc_stats", "_stat_value"):
        assert callable(getattr(cloudwatch, name)), name
    assert callable(cloudwatch._alarms.all_items)


def test_schedules_are_timed_by_two_functions() -> None:
    from datetime import UTC, datetime

    from ministack.services import eventbridge, scheduler

    assert eventbridge._parse_rate_seconds("rate(1 hour)") == 3600
    fields = eventbridge._parse_cron_fields("cron(0 3 1 * ? *)")
    found = eventbridge._cron_next_fire(fields, datetime(2026, 11, 22, tzinfo=UTC))
    assert found == datetime(2026, 12, 1, 3, tzinfo=UTC)
    source = inspect.getsource(scheduler)
    for name in ("_eb._parse_rate_seconds(", "_eb._cron_next_fire(", "_SCHEDULE_TICK_INTERVAL"):
        assert name in source, name


def test_rules_and_schedules_deliver_through_one_function() -> None:
    from ministack.services import eventbridge, lambda_svc, scheduler, sqs

    assert list(inspect.signature(eventbridge._invoke_target).parameters) == ["target", "event", "rule", "view"]
    assert "_eb._invoke_target(" in inspect.getsource(scheduler)
    for name in ("_pattern_event_view", "_apply_input_transformer", "_dispatch_to_sqs", "_dispatch_to_sns"):
        assert callable(getattr(eventbridge, name)), name
    assert callable(lambda_svc._get_func_record_for_ref)
    assert callable(lambda_svc._execution_record_for_config)
    assert callable(lambda_svc.invoke_async_with_retry)
    assert callable(sqs._queue_by_arn)


def test_workers_of_functions_are_started_through_two_names() -> None:
    from ministack.core import lambda_runtime

    assert list(inspect.signature(lambda_runtime._detect_runtime_binary).parameters) == ["runtime"]
    assert "subprocess.Popen(" in inspect.getsource(lambda_runtime)
