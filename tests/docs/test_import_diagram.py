"""The diagram of imports in docs/architecture.md is the code's, and no arrow goes upwards."""

from tests.docs.import_diagram import PAGE, diagram, package_imports, page_with, upward


def test_no_package_imports_one_of_its_own_layer_or_above() -> None:
    assert upward(package_imports()) == []


def test_the_page_has_the_diagram_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_with(diagram(package_imports())), "run `make diagrams`"


def test_an_arrow_upwards_is_found() -> None:
    imports = {**package_imports(), "contract": frozenset({"delivery"})}
    assert upward(imports) == ["contract -> delivery"]
