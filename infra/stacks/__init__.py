"""Stacks: each wires the constructs that are deployed together."""
