"""The webhook's certificate over the months: when a new one is made, and when it serves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inferops.handlers.certificate import LIFETIME, SETTLING, Certificates, Pair, build_pair, rotate

HOSTS = ["inferops-webhook.inferops-system.svc"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def first() -> Certificates:
    return rotate(None, HOSTS, NOW)


def test_the_first_certificate_serves_at_once_and_is_all_that_is_trusted() -> None:
    made = first()
    assert made.serving.serves(HOSTS)
    assert made.trusted == made.serving.certificate
    assert made.serving.parsed.not_valid_after_utc == NOW + LIFETIME


def test_it_stays_for_two_months() -> None:
    made = first()
    assert rotate(made, HOSTS, NOW + 59 * DAY) == made


def test_a_month_before_its_end_a_successor_is_trusted_before_it_serves_and_the_old_one_after() -> None:
    made, later = first(), NOW + 61 * DAY
    announced = rotate(made, HOSTS, later)
    assert announced.serving == made.serving
    assert announced.next is not None
    assert announced.trusted == made.serving.certificate + announced.next.certificate
    assert rotate(announced, HOSTS, later + SETTLING / 2) == announced
    served = rotate(announced, HOSTS, later + SETTLING)
    assert served == Certificates(announced.next, previous=made.serving.certificate)
    assert made.serving.certificate in served.trusted
    assert rotate(served, HOSTS, later + 30 * DAY) == served


def test_one_that_has_ended_or_is_for_another_host_or_broken_is_made_anew() -> None:
    made = first()
    broken = replace(made, serving=Pair(made.serving.certificate, build_pair(HOSTS, NOW).key))
    assert rotate(made, HOSTS, NOW + LIFETIME + DAY).serving != made.serving
    assert rotate(made, ["other.svc"], NOW).serving.serves(["other.svc"])
    for damaged in (broken, replace(made, serving=Pair("nonsense", made.serving.key))):
        assert rotate(damaged, HOSTS, NOW).serving.serves(HOSTS)


def test_a_broken_successor_is_replaced() -> None:
    foreign = build_pair(["other.svc"], NOW)
    announced = replace(first(), next=foreign)
    again = rotate(announced, HOSTS, NOW + 61 * DAY)
    assert again.next is not None
    assert again.next.serves(HOSTS)


def test_what_the_secret_holds_is_read_back_and_shown_to_nobody() -> None:
    made = rotate(first(), HOSTS, NOW + 61 * DAY)
    assert Certificates.read(made.as_data()) == made
    assert Certificates.read({}) is None
    assert "PRIVATE" not in repr(made)


def test_what_somebody_damaged_in_the_secret_is_not_trusted() -> None:
    made = replace(first(), next=Pair("nonsense", "nonsense"), previous="nonsense")
    assert Certificates.read(made.as_data()) == replace(made, next=None, previous="")
