"""Weekly hours as Hypothesis invents them."""

from datetime import timedelta

from hypothesis import strategies as st

from core.weekly_hours import WEEK_MIN, WeeklyHours

#: the smallest step of time there is
TICK = timedelta(microseconds=1)

spans = st.tuples(st.integers(0, WEEK_MIN - 1), st.integers(1, WEEK_MIN)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)
weekly_hours = st.lists(spans, min_size=1, max_size=8).map(lambda some: WeeklyHours(tuple(some)))
