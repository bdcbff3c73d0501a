"""Chinese names found by what a keyboard without Chinese types: first letters, or whole syllables."""

from typing import Any

from django.db import models


def typed(name: str) -> str:
    """From every syllable of `name` on: the first letters, then whole syllables, each after a blank.

    公安社区 is " gasq gonganshequ asq anshequ sq shequ q qu", so `contains(" sq")` begins at a syllable and not in the
    middle of one. A character that pypinyin's phrases leave open (长丰大道) has its other first letters as well, one
    such character at a time.
    """
    # The tables cost 20 MB and a third of a second, and only who saves a name needs them.
    from pypinyin import Style, pinyin

    syllables: list[list[str]] = []
    for readings in pinyin(name, style=Style.NORMAL, heteronym=True, v_to_u=False):
        # What is not Chinese comes as it stands, several words in one.
        for texts in zip(*(reading.lower().split() for reading in readings), strict=False):
            if words := [word for text in texts if (word := "".join(filter(str.isalnum, text)))]:
                syllables.append(words)
    forms: list[str] = []
    for start in range(len(syllables)):
        rest = syllables[start:]
        first = [_first_letter(readings[0]) for readings in rest]
        forms += ["".join(first), "".join(readings[0] for readings in rest)]
        for at, readings in enumerate(rest):
            forms += ["".join([*first[:at], _first_letter(other), *first[at + 1 :]]) for other in readings[1:]]
    return "".join(f" {form}" for form in dict.fromkeys(forms))


def _first_letter(syllable: str) -> str:
    """Figures stay whole: 12号 is 12h."""
    return syllable if syllable.isdigit() else syllable[0]


class PinyinField(models.TextField):
    """What `typed` makes of the field `source`, written with every save and bulk insert of the row."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        for name, value in (("blank", True), ("default", ""), ("editable", False)):
            kwargs.setdefault(name, value)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        made = typed(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, made)
        return made
