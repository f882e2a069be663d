"""Checks of synthesized CloudFormation templates: rules, service limits, updates and policies. No I/O."""
