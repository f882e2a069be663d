"""Entry points of the pipeline's steps. Each is thin: read the inputs, call the logic, write the outputs."""
