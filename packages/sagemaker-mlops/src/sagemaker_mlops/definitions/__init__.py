"""Checks of compiled pipeline definitions against what SageMaker accepts, without calling it."""
