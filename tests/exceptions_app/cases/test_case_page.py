"""One case with everything around it."""

from decimal import Decimal

import pytest

from exceptions_app.cases.case_page import case_page
from exceptions_app.cases.models import Case
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground, ground

pytestmark = pytest.mark.django_db
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def test_a_case_page_holds_everything_around_the_case(world: Ground) -> None:
    line = make.order_line(world)
    case: Case = make.CaseFactory.create(order=line.order, number="EX-1")
    case_line = make.CaseLineFactory.create(case=case, order_line=line)
    other = make.CaseFactory.create(order=line.order, number="EX-2", type_code="date_later")
    task = make.TaskFactory.create(case=case)
    proposal = make.ProposalFactory.create(case=case)
    make.ProposalLineFactory.create(proposal=proposal, case_line=case_line)
    agreement = make.AgreementRowFactory.create(order_line=line, case_line=case_line)
    foreign = make.DocumentFactory.create(connection=world.erp)

    page = case_page(case, now=TUESDAY_TEN)

    assert [view.line for view in page.lines] == [case_line]
    assert page.lines[0].position is not None
    assert page.lines[0].factors == {"EA": Decimal(1)}
    assert page.lines[0].agreements == [agreement]
    assert (page.tasks, page.proposals, page.siblings) == ([task], [proposal], [other])
    assert page.documents == [line.order.document]
    assert foreign not in page.documents
