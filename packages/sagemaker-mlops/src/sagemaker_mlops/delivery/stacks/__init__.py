"""The CloudFormation stacks of an environment: deploy, compare, release a version into them, destroy."""
