"""Guesses at the same moment do not slip past the pace together."""

import pytest

from exceptions_app.signing_in import pace
from exceptions_app.signing_in.models import SignInTry
from exceptions_app.signing_in.pace import OF_NAME
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.proposals.shortage import together


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_one_by_one() -> None:
    def guess(number: int) -> None:
        pace.begin("bea", address=f"198.51.100.{number}", device="", now=TUESDAY_TEN)

    assert together(*(lambda n=n: guess(n) for n in range(16))) == []
    assert SignInTry.objects.count() == OF_NAME.free
