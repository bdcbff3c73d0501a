"""Excel as people fill it in: read with patience, refused with the row, the column and what to do.

A `SheetResource` says what the columns of one kind of row are; `fengchao.core.imports` is its door in the admin.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any, ClassVar

import openpyxl  # type: ignore[import-untyped]  # ships no types
from django.core.exceptions import ValidationError
from django.db.models import Model
from import_export import resources, widgets
from import_export.fields import Field
from import_export.formats.base_formats import XLSX
from tablib import Dataset  # type: ignore[import-untyped]  # ships no types

from fengchao.core import audit
from fengchao.core.export import as_text

MOST_ROWS = 1000
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
MOST_COLUMNS = 60
BLANK_ROWS = 500
"""So many empty rows one after another are the end: a sheet that was formatted to the bottom has a million."""

_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+\d+")


class Unreadable(Exception):
    """A file that cannot be read at all; the message is a Chinese sentence for the person."""


def text(value: Any) -> str:
    """A cell as a person means it: without blanks around it, 3 for the number 3.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(as_text(value).split())


def plain(value: Any) -> str:
    """`text` for codes and numbers: full-width characters are the same as the others."""
    return unicodedata.normalize("NFKC", text(value)).replace(" ", "")


class Sheet(XLSX):
    """The first sheet of a workbook, with all its rows in their places: row 1 of the data is row 2 of the sheet."""

    def create_dataset(self, in_stream: bytes) -> Dataset:
        """Raises Unreadable for what is no workbook, is too large, or has too many rows."""
        _unpacks_to_a_sane_size(in_stream)
        try:
            book = openpyxl.load_workbook(BytesIO(in_stream), read_only=True, data_only=True)
            rows = book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS)
            headings = [text(cell).rstrip("*＊") for cell in next(rows, ())]
            while headings and not headings[-1]:
                headings.pop()
            found = list(_filled(rows, len(headings)))
        except Unreadable:
            raise
        except Exception as error:  # whatever a broken workbook makes the library say
            raise Unreadable("打不开这个文件，请用 Excel 或 WPS 另存为 .xlsx 再上传。") from error
        table = Dataset(headers=headings)
        for row in found:
            table.append(row)
        return table


def _unpacks_to_a_sane_size(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise Unreadable("这不是 .xlsx 文件，请用 Excel 或 WPS 另存为 .xlsx 再上传。") from error
    if size > MOST_UNPACKED:
        raise Unreadable("文件太大，请分成几个文件上传。")


def _filled(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[list[Any]]:
    blanks, count = 0, 0
    for row in rows:
        cells = [*row[:width], *[None] * (width - len(row))]
        if not any(map(text, cells)):
            blanks += 1
            if blanks >= BLANK_ROWS:
                return
            continue
        count += 1
        if count > MOST_ROWS:
            raise Unreadable(f"一次最多导入 {MOST_ROWS} 行，请分成几个文件上传。")
        for _ in range(blanks):
            yield [None] * width
        blanks = 0
        yield cells


class Text(widgets.Widget):
    """Words. Raises ValueError with what to do."""

    def __init__(self, *, most: int, required: bool = True) -> None:
        super().__init__()
        self.most, self.required = most, required

    def read(self, value: Any) -> str:
        return text(value)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        words = self.read(value)
        if not words and self.required:
            raise ValueError("没有填，请补上。")
        if len(words) > self.most:
            raise ValueError(f"太长了，不超过 {self.most} 个字。")
        if not words.isprintable():
            raise ValueError("含有看不见的字符，请重新输入。")
        return words

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return as_text(value)


class Plain(Text):
    """A code or a number as text; one that Excel has turned into 1.38E+10 has lost its digits."""

    def __init__(self, *, most: int, required: bool = True, pattern: str = "", hint: str = "") -> None:
        super().__init__(most=most, required=required)
        self.pattern, self.hint = re.compile(pattern), hint

    def read(self, value: Any) -> str:
        return plain(value)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        found = super().clean(value, row, **kwargs)
        if _LOST_DIGITS.fullmatch(found):
            raise ValueError("号码的数字丢了，请先把这一列设为“文本”格式，再重新输入完整号码。")
        if found and self.pattern.pattern and not self.pattern.fullmatch(found):
            raise ValueError(self.hint)
        return found


class SheetResource(resources.ModelResource):
    """Rows of one model from a sheet: all of them or none. What changes leaves one audit row each."""

    key: ClassVar[tuple[str, ...]] = ()
    """Headings that together name a row."""

    optional: ClassVar[tuple[str, ...]] = ()
    """Headings that may be missing, and whose empty cells leave what is there."""

    passed_over: ClassVar[tuple[str, ...]] = ()
    """Headings of the export that a sheet may still have."""

    verb: ClassVar[str] = ""

    personal: ClassVar[tuple[str, ...]] = ()
    """Attributes whose values the audit log keeps as keyed hashes only."""

    class Meta:
        use_transactions = True
        skip_unchanged = True
        skip_html_diff = True
        report_skipped = True
        clean_model_instances = False
        store_instance = True

    def __init__(self, *, by: Any) -> None:
        super().__init__()
        self.by = by
        self.seen: dict[tuple[str, ...], int] = {}
        self.earlier: dict[str, str] = {}

    def columns(self) -> list[Field]:
        return list(self.get_import_fields())

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Raises Unreadable where a column is missing, twice there, or nobody's."""
        self.seen = {}
        names = [field.column_name for field in self.columns()]
        given = [heading for heading in dataset.headers or [] if heading]
        if missing := [name for name in names if name not in (*given, *self.optional)]:
            raise Unreadable(f"缺少这些列：{'、'.join(missing)}。请用模板填写，第一行是列名。")
        known = (*names, *self.passed_over)
        if odd := [name for name in dict.fromkeys(given) if name not in known or given.count(name) > 1]:
            raise Unreadable(f"不认识或重复的列：{'、'.join(odd)}。请删去，或改成模板里的列名。")
        for name in names:
            if name not in given:
                dataset.append_col([None] * len(dataset), header=name)

    def find(self, row: dict[str, Any]) -> Model | None:
        """The row of the table that this row of the sheet is about, where `by` may change it."""
        raise NotImplementedError

    def refuse(self, instance: Any, row: dict[str, Any], errors: dict[str, list[str]]) -> None:
        """Add what is wrong with the row as a whole."""

    def get_instance(self, instance_loader: Any, row: dict[str, Any]) -> Model | None:
        return self.find(row)

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        self.earlier = {} if new else {field.column_name: str(field.export(instance)) for field in self.columns()}

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        errors: dict[str, list[str]] = {}
        if not _is_blank(row):
            for field in self.columns():
                if field.column_name in self.optional and not text(row[field.column_name]):
                    continue
                try:
                    if isinstance(field.widget, widgets.ManyToManyWidget):
                        field.clean(row, **kwargs)
                    else:
                        self.import_field(field, instance, row, **kwargs)
                except ValueError as wrong:
                    errors[field.column_name] = [str(wrong)]
            self._twice(row, errors, kwargs["row_number"] + 1)
            self.refuse(instance, row, errors)
        if errors:
            raise ValidationError(errors)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return _is_blank(row) or bool(super().skip_row(instance, original, row, import_validation_errors))

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        """What the preview shows of the row, and the audit row of its change."""
        changed: dict[str, Any] = {}
        personal: dict[str, Any] = {}
        row_result.diff = []
        for field in self.columns():
            before, after = self.earlier.get(field.column_name, ""), self._shown(field, row, row_result.instance)
            row_result.diff.append(f"{before} → {after}" if before and before != after else after)
            if before != after:
                kept = personal if field.attribute in self.personal else changed
                kept[field.attribute] = [before, after] if self.earlier else after
        if row_result.import_type in ("new", "update"):
            audit.record(self.by, self.verb, row_result.instance, changed, personal)

    def _shown(self, field: Field, row: Any, instance: Any) -> str:
        if isinstance(field.widget, widgets.ManyToManyWidget):
            return text(row[field.column_name])
        return "" if _is_blank(row) else str(field.export(instance))

    def _twice(self, row: Any, errors: dict[str, list[str]], number: int) -> None:
        name = tuple(plain(row[heading]) for heading in self.key)
        if all(name) and self.seen.setdefault(name, number) != number:
            errors.setdefault(self.key[-1], []).append(f"和第 {self.seen[name]} 行重复，请删去一行。")


def _is_blank(row: dict[str, Any]) -> bool:
    return not any(map(text, row.values()))
