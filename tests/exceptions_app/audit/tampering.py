"""Somebody with the superuser's password, who switches the triggers off and rewrites history at random."""

import random
from collections.abc import Callable

from django.db import connection, transaction

from erp_connectors.identifiers import uuid7
from exceptions_app.audit import seals
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import event
from exceptions_app.audit.seals import COLUMNS, DIGEST
from tests.builders.factories import TUESDAY_TEN

EVENT, SEAL = "exceptions_app_event", "exceptions_app_seal"
#: Another value for each column that is hashed; the id is changed by a deletion and an insertion.
OTHER_VALUES = {
    "at": "at + interval '1 microsecond'",
    "kind": "kind || '_'",
    "case_id": "coalesce(case_id, 0) + 1",
    "company_id": "coalesce(company_id, 0) + 1",
    "subject_kind": "'x' || subject_kind",
    "subject_id": "subject_id || ' '",
    "actor_id": "coalesce(actor_id, 0) + 1",
    "actor_name": "actor_name || ' Brandt'",
    "summary": "overlay(summary placing '0' from 1 for 1)",
    "before": """before || '{"limit": "9999.00"}'""",
    "after": """after || '{"limit": "9999.00"}'""",
    "reason": "reason || '.'",
    "source": "'web 10.0.0.1'",
    "release_id": "coalesce(release_id, 0) + 1",
}


def chain(length: int) -> None:
    """Record and seal events of every kind of content."""
    Event.objects.bulk_create(
        event(
            "case.updated",
            at=TUESDAY_TEN,
            summary=f"{number} EA short, größer als 10 µm",
            subject=("case", f"EX-{number}"),
            before={"quantity": "100", "note": None},
            after={"quantity": str(number), "lines": [1, 2.50, "ä"]},
            reason="" if number % 2 else "asked by phone",
        )
        for number in range(length)
    )
    seals.seal_committed()


class Tamperer:
    """Does one thing at a time to a sealed history, and says what."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.length = seals.head().sequence
        self.deeds: list[Callable[[], str]] = [
            self.edit_a_column,
            self.give_another_id,
            self.delete_an_event,
            self.delete_a_seal,
            self.delete_both,
            self.close_the_gap,
            self.swap_two_events,
            self.edit_a_hash,
            self.cut_off_the_tail,
            self.write_the_chain_anew,
            self.slip_one_in,
        ]

    def tamper(self) -> str:
        """Do something with the triggers off, and return what it was."""
        with transaction.atomic():
            self._run("SET LOCAL session_replication_role = replica")
            done = self.chance.choice(self.deeds)()
            self._run("SET LOCAL session_replication_role = origin")
        return done

    def edit_a_column(self, column: str = "") -> str:
        column, place = column or self.chance.choice([*OTHER_VALUES]), self._place()
        self._run(f"UPDATE {EVENT} SET {column} = {OTHER_VALUES[column]} WHERE id = {self._event(place)}")
        return f"{column} of event {place} edited"

    def give_another_id(self) -> str:
        place, other = self._place(), uuid7()
        self._run(f"UPDATE {EVENT} SET id = '{other}' WHERE id = {self._event(place)}")
        self._run(f"UPDATE {SEAL} SET event_id = '{other}' WHERE sequence = {place}")
        return f"id of event {place} changed, in its seal too"

    def delete_an_event(self) -> str:
        place = self._place()
        self._run(f"DELETE FROM {EVENT} WHERE id = {self._event(place)}")
        return f"event {place} deleted"

    def delete_a_seal(self) -> str:
        place = self._place()
        self._run(f"DELETE FROM {SEAL} WHERE sequence = {place}")
        return f"seal {place} deleted"

    def delete_both(self) -> str:
        place = self._place()
        self._run(f"DELETE FROM {EVENT} WHERE id = {self._event(place)}")
        self._run(f"DELETE FROM {SEAL} WHERE sequence = {place}")
        return f"event and seal {place} deleted"

    def close_the_gap(self) -> str:
        place = self._place()
        self._run(f"DELETE FROM {EVENT} WHERE id = {self._event(place)}")
        self._run(f"DELETE FROM {SEAL} WHERE sequence = {place}")
        self._run(f"UPDATE {SEAL} SET sequence = -sequence WHERE sequence > {place}")
        self._run(f"UPDATE {SEAL} SET sequence = -sequence - 1 WHERE sequence < 0")
        return f"event and seal {place} deleted, those after it renumbered"

    def swap_two_events(self) -> str:
        one, other = self.chance.sample(range(1, self.length + 1), 2)
        self._run(
            "CREATE TEMPORARY TABLE swapped ON COMMIT DROP AS "
            "SELECT a.sequence, b.event_id, a.hash, a.sealed_at "
            f"FROM {SEAL} a JOIN {SEAL} b ON a.sequence <> b.sequence "
            f"AND a.sequence IN ({one}, {other}) AND b.sequence IN ({one}, {other})"
        )
        self._run(f"DELETE FROM {SEAL} WHERE sequence IN ({one}, {other})")
        self._run(f"INSERT INTO {SEAL} (sequence, event_id, hash, sealed_at) SELECT * FROM swapped")
        self._run("DROP TABLE swapped")
        return f"events {one} and {other} changed places"

    def edit_a_hash(self) -> str:
        place = self._place()
        self._run(f"UPDATE {SEAL} SET hash = sha256(hash) WHERE sequence = {place}")
        return f"hash of seal {place} edited"

    def cut_off_the_tail(self) -> str:
        place = self._place()
        self._run(f"DELETE FROM {EVENT} WHERE id IN (SELECT event_id FROM {SEAL} WHERE sequence >= {place})")
        self._run(f"DELETE FROM {SEAL} WHERE sequence >= {place}")
        return f"everything from {place} on cut off"

    def write_the_chain_anew(self) -> str:
        column, place = self.chance.choice([*OTHER_VALUES]), self._place()
        self._run(f"UPDATE {EVENT} SET {column} = {OTHER_VALUES[column]} WHERE id = {self._event(place)}")
        self._run(
            f"SELECT s.sequence, s.hash, {DIGEST} FROM {SEAL} s JOIN {EVENT} e ON e.id = s.event_id "
            f"WHERE s.sequence >= {place - 1} ORDER BY s.sequence"
        )
        hash_ = seals.GENESIS
        for sequence, old, of_event in self.rows:
            hash_ = old if sequence < place else seals.link(hash_, of_event)
            self._run(f"UPDATE {SEAL} SET hash = '\\x{bytes(hash_).hex()}' WHERE sequence = {sequence}")
        return f"{column} of event {place} edited, the chain computed anew from there"

    def slip_one_in(self) -> str:
        place = self._place()
        columns = ", ".join(column for column in COLUMNS if column != "id")
        self._run(
            f"INSERT INTO {EVENT} (id, {columns}) SELECT '{uuid7()}', {columns} FROM {EVENT} "
            f"WHERE id = {self._event(place)}"
        )
        return f"a copy of event {place} slipped in"

    def _place(self) -> int:
        return self.chance.randint(1, self.length)

    def _event(self, place: int) -> str:
        return f"(SELECT event_id FROM {SEAL} WHERE sequence = {place})"

    def _run(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            self.rows = cursor.fetchall() if cursor.description else []
