"""Command that saves the same model for `mlflow models serve`: `mlflow_model.py DIRECTORY`."""

import sys

import lightgbm
import mlflow.lightgbm

if __name__ == "__main__":
    directory = sys.argv[1]
    mlflow.lightgbm.save_model(lightgbm.Booster(model_file=f"{directory}/model.txt"), f"{directory}/mlflow")
