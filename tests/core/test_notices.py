"""What a person is told, and until when it is new."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from fengchao.core import clock, notices
from fengchao.core.errors import NotThere
from fengchao.core.models import Notice
from tests.factories import api_of, user

pytestmark = pytest.mark.django_db


def test_told_read_and_read_again():
    person = user()
    notices.tell(person, "test", "到账", text="值守", link="/points/")
    told = notices.of(person).get()
    assert (told.title, told.text, told.link, told.read_at) == ("到账", "值守", "/points/", None)
    assert notices.has_unread(person)
    then = clock.now()
    notices.read(person, told.pk, at=then)
    notices.read(person, told.pk, at=then + timedelta(hours=1))
    assert notices.of(person).get().read_at == then
    assert not notices.has_unread(person)


def test_anothers_is_not_there():
    person, other = user(), user()
    notices.tell(person, "test", "到账")
    with pytest.raises(NotThere):
        notices.read(other, notices.of(person).get().pk)
    notices.read_all(other, up_to=2**40)
    notices.erase(other)
    assert notices.has_unread(person)


def test_once_about_a_thing_and_for_each_person():
    first, second = user(), user()
    for person in (first, second):
        for _ in range(2):
            notices.tell(person, "ends", "快到期", about="7")
            notices.tell(person, "other", "说两次")
    assert [notices.of(person).count() for person in (first, second)] == [3, 3]


def test_what_came_since_the_page_was_opened_stays_unread():
    person = user()
    notices.tell(person, "test", "一")
    seen = notices.of(person)[0].pk
    notices.tell(person, "test", "二")
    assert notices.read_all(person, up_to=seen) == 1
    assert [(told.title, told.read_at is None) for told in notices.of(person)] == [("二", True), ("一", False)]


def test_nothing_is_told_of_what_did_not_happen():
    person = user()
    with pytest.raises(RuntimeError), transaction.atomic():
        notices.tell(person, "test", "到账")
        raise RuntimeError
    assert not notices.has_unread(person)


@pytest.mark.parametrize("link", ["https://example.com/", "//example.com", "/\\example.com", "javascript:1", "points/"])
def test_no_link_leads_away(link):
    with pytest.raises(DatabaseError), transaction.atomic():
        notices.tell(user(), "test", "到账", link=link)
    notices.tell(user(), "test", "到账", link="/")


def test_long_words_are_cut_and_old_ones_go():
    person, now = user(), clock.now()
    notices.tell(person, "test", "长" * 80, text="长" * 400, at=now - timedelta(days=181))
    told = notices.of(person).get()
    assert (len(told.title), len(told.text), told.title[-1]) == (60, 300, "…")
    notices.tell(person, "test", "新")
    assert notices.forget(now) == 1
    assert Notice.objects.get().title == "新"


def test_by_program():
    person = user()
    notices.tell(person, "test", "到账", link="/points/")
    api = api_of(person)
    listed = api.get("notices/")["results"]
    assert [(one["title"], one["read_at"]) for one in listed] == [("到账", None)]
    assert api.post(f"notices/{listed[0]['id']}/read/")["read_at"] is not None
    assert api_of(user()).get("notices/")["results"] == []
    api_of(user()).post(f"notices/{listed[0]['id']}/read/", status=404)
