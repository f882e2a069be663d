"""CloudFormation stacks of an environment: deploy, compare, change parameters and destroy."""
