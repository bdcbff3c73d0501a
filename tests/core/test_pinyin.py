import pytest

from fengchao.core.pinyin import typed


def test_every_syllable_begins_a_form() -> None:
    assert typed("公安社区") == " gasq gonganshequ asq anshequ sq shequ q qu"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("长丰大道", " cfdd"), ("重庆路", " cql"), ("银行里", " yhl"), ("绿洲", " lz"), ("绿洲", " lvzhou"),
        ("3号蜂巢", " 3hfc"), ("QK 中心", " qkzhongxin"), ("A座（东）", " azd"),
    ],
)  # fmt: skip
def test_names_that_are_not_plain(name: str, form: str) -> None:
    assert form in f"{typed(name)} "


@pytest.mark.parametrize("name", ["", "   ", "（）", "——"])
def test_nothing_to_type_is_nothing(name: str) -> None:
    assert typed(name) == ""
