"""Let an endpoint serve a model version: checked, watched, verified, recorded."""
