"""One comment, one section an environment, whoever writes first."""

from sagemaker_mlops.delivery.gitops.difference_comment import LONGEST_SECTION, MARKER, with_section


def test_sections_are_added_and_replaced() -> None:
    comment = with_section(with_section("", "dev", "one"), "production", "two")
    again = with_section(comment, "dev", "three")
    assert again.count(MARKER) == 1
    assert again.index("three") < again.index("two")
    assert "one" not in again
    assert with_section(again, "dev", "three") == again


def test_a_difference_cannot_leave_its_box_or_exceed_githubs_limit() -> None:
    section = with_section("", "dev", "\x1b[31m```\n" + "x" * 100_000)
    assert len(section) < LONGEST_SECTION + 1000
    assert "\x1b" not in section
    assert section.count("```") == 2
    assert "mlops diff -e dev" in section
