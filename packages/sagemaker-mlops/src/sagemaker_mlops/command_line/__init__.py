"""The command `mlops`: what people and workflows run. It parses options, calls `delivery` and prints results."""
