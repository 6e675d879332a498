"""One question about requests, tokens and money of a key; what a request used takes the place of its estimate."""

from datetime import UTC, datetime
from decimal import Decimal

from inferops.control.allowances import LONGEST_REQUEST, Allowances, Answer, Question, Settlement
from inferops.control.limits import read_question, read_settlement, write_answer
from inferops.control.prices import build_price
from inferops.gateway.keys import Limited
from inferops.metering.prices import Price
from inferops.specs.apikey import Budget
from inferops.specs.catalog import Prices

KEY = "team/alice"
NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
START = 1000.0
PRICE = build_price("tiny", Prices(output_per_million_tokens="1000000"))


def price_of(instance: str) -> Price | None:
    return PRICE if instance == "priced" else None


def limiting(**limits: object) -> Allowances:
    allowances = Allowances(0.0, price_of)
    allowances.set_limits({KEY: Limited(**limits)})  # type: ignore[arg-type]
    return allowances


def ask(allowances: Allowances, name: str = "1", at: float = START, **more: object) -> Answer:
    asked = {"size": 40, "most": 90, "instance": "priced", **more}
    return allowances.ask(Question(KEY, 1, request=name, **asked), at, NOON)  # type: ignore[arg-type]


def settle(allowances: Allowances, name: str = "1", completion: int | None = 40, *, answered: bool = True) -> bool:
    prompt = None if completion is None else 10
    return allowances.settle(Settlement(KEY, name, "priced", answered, prompt, completion), START + 1, NOON)


def left(allowances: Allowances, at: float = START + 1) -> int:
    return allowances.tokens.take(KEY, 0, at).remaining


def test_what_was_used_takes_the_place_of_the_estimate_once() -> None:
    allowances = limiting(tokens=1000)
    assert ask(allowances).tokens is not None
    assert left(allowances) == 900
    assert settle(allowances)
    assert not settle(allowances), "a gateway that heard no answer tells it again"
    assert left(allowances) == 950


def test_what_nobody_knows_stays_as_estimated_and_what_failed_is_given_back() -> None:
    allowances = limiting(tokens=1000)
    ask(allowances)
    settle(allowances, completion=None)
    assert left(allowances) == 900
    ask(allowances, "2")
    settle(allowances, "2", completion=None, answered=False)
    assert left(allowances) == 900


def test_what_was_not_asked_about_is_charged() -> None:
    allowances = limiting(tokens=1000, budget=Budget(amount="50", period="day"))
    assert not settle(allowances, "elsewhere")
    assert left(allowances) == 950
    assert allowances.budgets.account(KEY, NOON).spent == Decimal(40)


def test_a_request_that_would_never_fit_begins_when_nothing_else_was_used() -> None:
    allowances = limiting(tokens=50)
    assert not ask(allowances).retry
    refused = ask(allowances, "2", START + 1)
    assert (refused.why, refused.retry) == ("tokens", 60.0)


def test_a_request_without_a_bound_is_expected_to_be_as_long_as_the_last_ones() -> None:
    allowances = limiting(tokens=1000)
    ask(allowances, most=0)
    assert left(allowances) == 1000 - 10 - 256
    settle(allowances, completion=20)
    ask(allowances, "2", most=0)
    assert left(allowances) == 1000 - 30 - 30
    assert ask(allowances, "3", size=0).retry == 0
    assert left(allowances) == 1000 - 30 - 30, "a request without a body uses nothing"


def test_a_refusal_for_requests_takes_no_tokens() -> None:
    allowances = limiting(requests=1, tokens=1000)
    ask(allowances)
    refused = ask(allowances, "2")
    assert (refused.why, refused.requests.granted, left(allowances)) == ("requests", 0, 900)


def test_money_that_nobody_settles_is_free_again_after_the_longest_request() -> None:
    allowances = limiting(budget=Budget(amount="100", period="day"))
    ask(allowances)
    assert ask(allowances, "2").why == "budget"
    assert not ask(allowances, "3", START + LONGEST_REQUEST + 1).retry


def test_the_words_of_gateways_are_read_and_answered() -> None:
    question = read_question(b"team/alice 5 1 2 500 id warm 400 90 7")
    assert question == Question(KEY, 5, 1, 2, 0.5, "id", "warm", 400, 90, 7)
    assert read_question(b"team/alice 5 1 2 500") == Question(KEY, 5, 1, 2, 0.5), "a gateway of the release before"
    settled = read_settlement(b'team/alice id warm 200 - {"prompt_tokens": 1, "completion_tokens": 2, "seconds": 1.5}')
    assert settled == Settlement(KEY, "id", "warm", answered=True, prompt=1, completion=2, audio_ms=1500)
    assert read_settlement(b"team/alice id warm 0 - ") == Settlement(KEY, "id", "warm", answered=False)
    assert read_settlement(b'team/alice id warm 200 - {"prompt').prompt is None
    assert read_settlement(b"team/alice id warm 200 2500 ").audio_ms == 2500, "as the gateway counted"
    allowances = limiting(tokens=1000)
    assert write_answer(ask(allowances)) == b"1 0 0 0 0 requests 1000 900 61000 "
    refused = ask(allowances, "2", most=900)
    assert write_answer(refused) == b"0 0 0 0 61000 tokens 1000 900 61000 "
    free = allowances.ask(Question("team/bob", 3), START, NOON)
    assert write_answer(free) == b"3 0 0 0 0"
