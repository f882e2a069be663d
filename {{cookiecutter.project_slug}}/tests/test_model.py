"""The model keeps the interface of the library. The checks need no data: their rows are random ones of the contract."""

import pytest
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.runtime.model_conformance import CHECKS, Check, TrainedModel, train_on_random_rows
from sagemaker_mlops.runtime.model_interface import ModelPackage

import model

PACKAGE: ModelPackage = model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """The model, trained on random rows that the contract allows."""
    return train_on_random_rows(PACKAGE, load_contract(), tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_the_interface(check: Check, trained: TrainedModel) -> None:
    check(trained)
