"""When deaths of server processes are too many."""

from sagemaker_mlops.serving.worker_deaths import MINIMUM_DEATHS, WINDOW_SECONDS, WorkerDeaths


def test_deaths_that_repeat_are_too_many() -> None:
    deaths = WorkerDeaths(processes=2)
    assert [deaths.add(second) for second in range(MINIMUM_DEATHS)] == [False] * (MINIMUM_DEATHS - 1) + [True]


def test_deaths_long_apart_are_never_too_many() -> None:
    deaths = WorkerDeaths(processes=2)
    assert not any(deaths.add(number * WINDOW_SECONDS / (MINIMUM_DEATHS - 1) * 1.01) for number in range(100))
    assert deaths.total == 100


def test_one_event_that_ends_many_processes_is_not_a_repetition() -> None:
    deaths = WorkerDeaths(processes=64)
    assert [deaths.add(0.0) for _ in range(64)] == [False] * 63 + [True]
