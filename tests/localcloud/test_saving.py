"""Saving of a state that requests change meanwhile."""

from threading import Event, Thread

import pytest
from localcloud.on_ministack.saving import ATTEMPTS, unchanged


def test_a_dictionary_that_grows_meanwhile_is_read_again() -> None:
    content, ended = {number: number for number in range(1000)}, Event()

    def grow() -> None:
        number = 1000
        while not ended.is_set() and number < 3_000_000:
            content[number] = number
            number += 1

    def read() -> int:
        attempts.append(1)
        if len(attempts) == 3:
            ended.set()
            writer.join()
        return sum(1 for _ in content.items())

    attempts: list[int] = []
    writer = Thread(target=grow)
    writer.start()
    assert unchanged(read) >= 1000


def test_what_changes_always_is_told() -> None:
    attempts: list[int] = []

    def read() -> None:
        attempts.append(1)
        raise RuntimeError("dictionary changed size during iteration")

    with pytest.raises(RuntimeError, match="changed size"):
        unchanged(read)
    assert len(attempts) == ATTEMPTS
