"""How long to wait before trying again."""

from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.retry import Backoff


@cases("""
                           failures  shortest  longest
    after the first        1         0.5       1
    after the second       2         1         2
    after the third        3         2         4
    after the sixth        6         16        32
    after the seventh      7         30        60
    after a long night     10000     30        60
""")
def test_the_wait_doubles_up_to_a_limit(failures, shortest, longest):
    backoff = Backoff(first_s=1.0, most_s=60.0)
    assert backoff.delay_s(int(failures), 0.0) == float(shortest)
    assert backoff.delay_s(int(failures), 1.0) == float(longest)


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_a_further_failure_never_shortens_the_wait(failures, dice):
    backoff = Backoff()
    assert 0 < backoff.delay_s(failures, dice) <= backoff.delay_s(failures + 1, dice) <= backoff.most_s
