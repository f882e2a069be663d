"""Stacks. Each combines the constructs that are deployed together."""
