"""How much is let through: to Telegram, and of one person. The clock is a number."""

import pytest

from bot.telegram.incoming.admission_control import Admission, AdmissionControl
from bot.telegram.outgoing.pacing import Pacing
from bot.telegram.outgoing.rate_limits import Limits, Meter
from knowledge.domain import Course
from knowledge.update_queue.shared_rate_limits import Request, decide

LIMITS = Limits()
PERSON, OTHER, GROUP = 5, 6, -100


class TestMeter:
    def test_lets_a_burst_through_then_so_many_a_second(self) -> None:
        meter = Meter(2.0, 3)
        waits = []
        for _ in range(5):
            waits.append(meter.wait("a", 0.0))
            meter.take("a", 0.0)
        assert waits == [0.0, 0.0, 0.0, 0.5, 1.0]

    def test_a_rest_gives_the_burst_back(self) -> None:
        meter = Meter(1.0, 2)
        for _ in range(2):
            meter.take("a", 0.0)
        assert meter.wait("a", 0.0) == 1.0
        assert meter.wait("a", 1.0) == 0.0
        meter.take("a", 10.0)
        assert meter.wait("a", 10.0) == 0.0

    def test_one_key_is_nothing_to_another(self) -> None:
        meter = Meter(1.0, 1)
        meter.take("a", 0.0)
        assert (meter.wait("a", 0.0), meter.wait("b", 0.0)) == (1.0, 0.0)

    def test_what_is_even_is_forgotten(self) -> None:
        meter = Meter(1.0, 1)
        for number in range(1000):
            meter.take(str(number), float(number * 2))
        assert len(meter._even) <= 2


class TestPacing:
    def test_one_chat_gets_one_a_second_after_a_short_burst(self) -> None:
        pacing = Pacing(LIMITS)
        waits = [pacing.take_chat(PERSON, 0.0) for _ in range(6)]
        assert waits == [0.0] * LIMITS.chat_burst + [1.0, 2.0]
        assert pacing.wait(OTHER, 0.0) == 0.0

    def test_a_group_gets_twenty_a_minute(self) -> None:
        pacing = Pacing(LIMITS)
        sent = 0
        for second in range(60):
            while not pacing.wait(GROUP, float(second)):
                pacing.take_chat(GROUP, float(second))
                sent += 1
        assert sent == LIMITS.chat_burst + 19

    def test_all_chats_together_get_thirty_a_second(self) -> None:
        pacing = Pacing(LIMITS)
        waits = [pacing.take_all(0.0) for _ in range(90)]
        assert waits[:30] == [0.0] * 30
        assert waits[-1] == pytest.approx(2.0)

    def test_a_waiting_chat_keeps_no_other_waiting(self) -> None:
        pacing = Pacing(LIMITS)
        for _ in range(50):
            pacing.take_chat(PERSON, 0.0)
        assert pacing.wait(PERSON, 0.0) > 40
        assert pacing.wait(OTHER, 0.0) == 0.0
        assert pacing.take_all(0.0) == 0.0

    def test_a_pause_asked_for_in_a_group_is_the_groups(self) -> None:
        pacing = Pacing(LIMITS)
        pacing.hold(GROUP, 7.0, 0.0)
        assert (pacing.wait(GROUP, 0.0), pacing.wait(PERSON, 0.0)) == (7.0, 0.0)
        assert pacing.wait(GROUP, 7.0) == 0.0

    def test_a_pause_asked_for_in_a_private_chat_is_everybodys(self) -> None:
        pacing = Pacing(LIMITS)
        pacing.hold(PERSON, 3.0, 0.0)
        assert [pacing.wait(chat, 1.0) for chat in (PERSON, OTHER, GROUP)] == [2.0] * 3
        assert pacing.take_all(1.0) == 2.0
        # A shorter one does not end it sooner.
        pacing.hold(OTHER, 1.0, 1.0)
        assert pacing.wait(OTHER, 1.0) == pytest.approx(2.0 + 1 / 30)

    def test_after_a_pause_all_that_waited_goes_at_the_rate_and_in_no_burst(self) -> None:
        pacing = Pacing(LIMITS)
        pacing.hold(PERSON, 3.0, 0.0)
        waits = [pacing.take_all(1.0) for _ in range(31)]
        assert waits[-1] == pytest.approx(3.0)


class Courses(AdmissionControl):
    """Says only the course of what is admitted."""

    def course(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        return _course(self.decide(person, group, waiting, now))

    def watched(self, group: str, waiting: int, now: float) -> Course | None:
        return _course(self.decide_watched(group, waiting, now))


def _course(admission: Admission | None) -> Course | None:
    return None if admission is None else admission.course


class TestGate:
    def test_a_flood_is_answered_as_far_as_it_goes_then_told_once(self) -> None:
        admission = Courses(LIMITS)
        courses = [admission.course("a", None, 0, n * 0.02) for n in range(500)]
        assert courses.count(Course.ANSWER) == LIMITS.person_burst + 3
        assert courses.count(Course.SLOW_DOWN) == 1
        assert courses.count(None) == 500 - LIMITS.person_burst - 4
        assert admission.course("b", None, 0, 10.0) is Course.ANSWER

    def test_who_waits_is_answered_again_and_told_again_later(self) -> None:
        admission = Courses(LIMITS)
        for _ in range(LIMITS.person_burst + 2):
            admission.course("a", None, 0, 0.0)
        assert admission.course("a", None, 0, 60.0) is Course.ANSWER
        courses = [admission.course("a", None, 0, 61.0) for _ in range(40)]
        assert courses.count(Course.SLOW_DOWN) == 1

    def test_a_group_is_told_once_whoever_writes(self) -> None:
        admission = Courses(LIMITS)
        courses = [admission.course(f"person {n}", "group", 0, 0.0) for n in range(30)]
        assert courses[: LIMITS.group_burst] == [Course.ANSWER] * LIMITS.group_burst
        assert courses[LIMITS.group_burst :] == [Course.SLOW_DOWN] + [None] * 19
        # In private each of them is answered.
        assert admission.course("person 20", None, 0, 0.0) is Course.ANSWER

    def test_too_many_waiting_tells_each_person_once(self) -> None:
        admission = Courses(LIMITS)
        full = LIMITS.waiting
        assert admission.course("a", None, full - 1, 0.0) is Course.ANSWER
        assert admission.course("a", None, full, 0.0) is Course.BUSY
        assert admission.course("a", None, full, 1.0) is None
        assert admission.course("b", None, full, 1.0) is Course.BUSY
        assert admission.course("a", None, 0, 2.0) is Course.ANSWER

    def test_what_nobody_asked_for_has_limits_of_its_own_and_is_dropped_in_silence(self) -> None:
        admission = Courses(LIMITS)
        courses = [admission.watched("g", 0, 0.0) for _ in range(LIMITS.watched_burst + 5)]
        assert courses == [Course.WATCH] * LIMITS.watched_burst + [None] * 5
        assert admission.watched("another", 0, 0.0) is Course.WATCH
        # Those who ask in the group have lost nothing by it.
        asked = [admission.course("a", "g", 0, 0.0) for _ in range(LIMITS.group_burst)]
        assert asked == [Course.ANSWER] * LIMITS.group_burst

    def test_what_nobody_asked_for_is_passed_over_while_others_wait(self) -> None:
        admission = Courses(LIMITS)
        assert admission.watched("g", LIMITS.watched_waiting - 1, 0.0) is Course.WATCH
        assert admission.watched("g", LIMITS.watched_waiting, 0.0) is None

    def test_what_other_processes_let_through_counts_as_well(self) -> None:
        admission = Courses(LIMITS)
        admitted = admission.decide("a", "g", 0, 0.0)
        assert admitted is not None
        (person, group), refusal = admitted.turns, admitted.refusal
        assert refusal is not None
        assert (person.key, group.key, refusal.key) == ("a", "g", "g")
        admission.learn({person.place: 100.0}, 0.0)
        assert admission.course("a", None, 0, 0.0) is Course.SLOW_DOWN
        admission.learn({refusal.place: 100.0}, 0.0)
        assert admission.course("a", "g", 0, 0.0) is None

    def test_nothing_unasked_is_refused_aloud(self) -> None:
        admission = Courses(LIMITS)
        watched, typed = (
            admission.decide_watched("g", 0, 0.0),
            admission.decide_inline_query("a", 0, 0.0),
        )
        assert watched is not None
        assert typed is not None
        assert (watched.refusal, typed.refusal) == (None, None)


class TestSharedDecisions:
    """What is decided of turns, given what all processes together used up."""

    METER = Meter(1.0, 3, "kind")

    def ask(self, *keys: str, longest: float = 0.0) -> Request:
        return Request(tuple(map(self.METER.turn, keys)), longest)

    def test_they_are_what_one_meter_would_let_through(self) -> None:
        taken = decide([self.ask("a")] * 5, {}, 10.0)
        assert taken.waits == (0.0, 0.0, 0.0, 1.0, 1.0)
        assert taken.even_at == {("kind", "a"): 13.0}

    def test_one_that_is_refused_takes_none_of_its_turns(self) -> None:
        taken = decide([self.ask("a", "b"), self.ask("b")], {("kind", "a"): 20.0}, 10.0)
        assert taken.waits == (8.0, 0.0)
        assert taken.even_at == {("kind", "a"): 20.0, ("kind", "b"): 11.0}

    def test_a_turn_near_enough_is_taken_ahead(self) -> None:
        taken = decide([self.ask("a", longest=2.0)] * 6, {}, 10.0)
        assert taken.waits == (0.0, 0.0, 0.0, 1.0, 2.0, 3.0)
        assert taken.even_at == {("kind", "a"): 15.0}

    def test_what_is_even_long_ago_is_a_whole_burst(self) -> None:
        assert decide([self.ask("a")] * 3, {("kind", "a"): 1.0}, 10.0).waits == (0.0, 0.0, 0.0)


def test_a_process_that_is_alone_keeps_to_a_quarter() -> None:
    pacing = Pacing(LIMITS.alone())
    assert sum(not pacing.take_all(0.0) for _ in range(30)) == round(LIMITS.sends_burst / 4)
    assert [pacing.take_chat(PERSON, 0.0) for _ in range(2)] == [0.0, 4.0]
