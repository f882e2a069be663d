"""Reading of CloudFormation templates in YAML with the parser that is written in C.

The CDK sends small templates as YAML. ministack's parser is written in Python, and reading a template with it takes
longer than checking and deploying what is in it.
"""

import yaml


def install_template_parser() -> None:
    """Let ministack read templates with the same tags, and with libyaml."""
    from ministack.services.cloudformation import engine

    slow = engine.CfnLoader

    class CfnLoader(yaml.CSafeLoader):
        """Loader with the tags of CloudFormation's functions."""

        yaml_constructors = slow.yaml_constructors
        yaml_multi_constructors = slow.yaml_multi_constructors
        yaml_implicit_resolvers = slow.yaml_implicit_resolvers

    engine.CfnLoader = CfnLoader
