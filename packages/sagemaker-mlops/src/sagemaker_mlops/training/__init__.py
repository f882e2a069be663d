"""Entry points of the pipeline's steps. Each reads the inputs, calls the logic and writes the outputs."""
