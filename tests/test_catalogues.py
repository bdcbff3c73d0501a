"""People read Chinese everywhere, in the pages of installed packages too."""

import os
import re
from collections import Counter
from pathlib import Path

import django
import import_export
import polib
import pytest
import treebeard
import unfold
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation

from fengchao import catalogues
from tests import translatable

PACKAGES = [
    "unfold",
    "import_export",
    *(
        f"allauth/{part}"
        for part in ("account", "mfa", "core", "templates/account", "templates/mfa", "templates/allauth")
    ),
    "treebeard",
    "knox",
    "django_tasks",
    "django_tasks_db",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    *(f"django/contrib/{app}" for app in ("admin", "auth", "contenttypes", "messages", "sessions")),
    *(f"django/{part}" for part in ("core", "db", "forms", "utils", "views")),
]
SAME_IN_CHINESE = {"…", "IPv4", "IPv6"}
SCRIPTS = [
    *Path(django.__file__).parent.glob("contrib/admin/static/admin/js/*.js"),
    *(path for package in (unfold, import_export, treebeard) for path in Path(package.__file__).parent.rglob("*.js")),
]
PLACEHOLDER = re.compile(r"%\(\w+\)[#\d.]*[a-z]|%[sdr]|\{\w*\}|<(?:/?[a-z]+)|href=\"[^\"]*\"")


@pytest.fixture(autouse=True)
def chinese():
    catalogues.compile_all()
    with translation.override("zh-hans"):
        yield


def english(root: str) -> dict[str, str]:
    return {
        message.singular: path
        for message, path in translatable.of_package(root).items()
        if message.is_english() and message.singular not in SAME_IN_CHINESE
    }


def entries() -> list[polib.POEntry]:
    folder = Path(catalogues.__file__).parent.parent / "locale_vendor"
    return [entry for path in sorted(folder.rglob("*.po")) for entry in polib.pofile(str(path))]


def placeholders_differ(entry: polib.POEntry) -> bool:
    """The plural's are counted: a singular may spell out its one."""
    wanted = Counter(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    answers = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return any(Counter(PLACEHOLDER.findall(answer)) != wanted for answer in answers)


@pytest.mark.parametrize("root", PACKAGES)
def test_nothing_a_package_says_is_left_in_english(root):
    assert english(root) == {}


def test_without_our_catalogue_english_is_found(settings):
    settings.LOCALE_PATHS = []

    assert {"Welcome back to", "Type to search", "Select action"} <= english("unfold").keys()


def test_nothing_the_scripts_of_the_admin_say_is_left_in_english():
    """Asked as the admin's `jsi18n` page asks: its own catalogue, then ours."""
    locale = Path(django.__file__).parent / "contrib/admin/locale"
    catalogue = DjangoTranslation("zh-hans", domain="djangojs", localedirs=[str(locale)])

    def said(message: translatable.Message) -> str:
        if message.context:
            return catalogue.pgettext(message.context, message.singular)
        if message.plural:
            return catalogue.ngettext(message.singular, message.plural, 5)
        return catalogue.gettext(message.singular)

    found = {message for path in SCRIPTS for message in translatable.in_script(path.read_text())}
    assert len(found) > 60
    assert sorted(m.singular for m in found if said(m) in (m.singular, m.plural)) == []


def test_every_kind_of_string_in_a_template_is_found():
    source = """
        {% trans "A" %} {{ x|default:_("B") }} {% translate "C" context "day" %}
        {% blocktranslate count n=2 %}one{% plural %}{{ n }}{% endblocktranslate %}
    """
    assert set(translatable.in_template(source)) == {
        translatable.Message("A"),
        translatable.Message("B"),
        translatable.Message("C", None, "day"),
        translatable.Message("one", "%(n)s"),
    }


def test_every_kind_of_string_in_python_is_found():
    source = "_('a' 'b'); ngettext('c', 'd', n); pgettext_lazy('e', 'f'); _(name); other('g')"
    assert set(translatable.in_python(source)) == {
        translatable.Message("ab"),
        translatable.Message("c", "d"),
        translatable.Message("f", None, "e"),
    }


def test_placeholders_are_those_of_the_original():
    assert [entry.msgid for entry in entries() if placeholders_differ(entry)] == []


@pytest.mark.parametrize("msgstr", ["删除", "删除 %(nam)s", "删除 %(name)s %(name)s", "删除 {name}"])
def test_a_lost_placeholder_is_found(msgstr):
    assert placeholders_differ(polib.POEntry(msgid="Delete %(name)s", msgstr=msgstr))


def test_every_entry_is_complete_and_used():
    """An entry nobody asks for any more is a sentence of a package that has changed its words."""
    roots = ("unfold", "import_export", "allauth", "treebeard", "django_tasks", "django_tasks_db", "rest_framework")
    asked = {
        message.singular
        for root in (*roots, "drf_spectacular", "django_filters", "django")
        for message in translatable.of_package(root)
    }
    asked |= {message.singular for path in SCRIPTS for message in translatable.in_script(path.read_text())}
    # import_export puts the word in before it asks.
    asked |= {f"{word} through import_export" for word in ("new", "update", "delete")}

    assert [entry.msgid for entry in entries() if not entry.translated()] == []
    assert [entry.msgid for entry in entries() if entry.msgid not in asked] == []


def test_a_page_of_the_admin_reads_chinese():
    page = render_to_string("unfold/helpers/command_history.html")

    assert "暂无搜索记录" in page
    assert "No recent searches" not in page


def test_only_stale_catalogues_are_compiled(settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "bee"\nmsgstr "蜂"\n')

    assert translation.gettext("bee") == "bee"
    assert catalogues.compile_all() == 1
    with translation.override("zh-hans"):
        assert translation.gettext("bee") == "蜂"
    assert catalogues.compile_all() == 0

    os.utime(source, (2_000_000_000, 2_000_000_000))
    assert catalogues.compile_all() == 1
    assert [path.name for path in source.parent.iterdir() if path.suffix not in (".po", ".mo")] == []
