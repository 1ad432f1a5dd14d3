import pandas as pd
import pytest

from components.validation.checks import Check, Suite, all_true, between
from components.validation.outcome import SuiteResult
from components.validation.runner import judge, run_suites

TABLE = pd.DataFrame(
    {
        "image": [f"{number}.png" for number in range(50)],
        "level": [float(number) for number in range(50)],
        "sound": pd.Series([True] * 49 + [None], dtype=object),
        "empty": pd.Series([None] * 50, dtype="float64"),
    }
)
LEVEL = between("level", "level", "Level", (0, 9), "turn it down")
SOUND = all_true("sound", "sound", "It is sound", "mend it")


def run(*checks: Check) -> SuiteResult:
    suite = Suite("images", ("image",), checks)
    (result,) = run_suites([suite], {"images": TABLE}, 3, None)
    return result


@pytest.fixture(scope="module")
def result() -> SuiteResult:
    unused = between("empty", "empty", "Nothing", (0, 1), "measure it")
    absent = between("absent", "lvel", "A misspelt column", (0, 1), "spell it")
    return run(LEVEL, SOUND, unused, absent)


def test_failing_rows_are_counted_and_the_first_are_named_with_their_value(
    result: SuiteResult,
) -> None:
    level = result.checks[0]
    assert (level.state, level.looked_at, level.failing) == ("failed", 50, 40)
    assert level.rows == tuple({"image": f"{n}.png", "level": float(n)} for n in (10, 11, 12))


def test_rows_without_a_value_are_not_judged(result: SuiteResult) -> None:
    assert (result.checks[1].state, result.checks[1].looked_at) == ("passed", 49)


def test_check_that_looked_at_no_value_did_not_run(result: SuiteResult) -> None:
    assert (result.checks[2].state, result.checks[2].looked_at) == ("not run", 0)


def test_check_of_a_misspelt_column_did_not_run_and_says_why(result: SuiteResult) -> None:
    assert result.checks[3].state == "not run"
    assert "lvel" in result.checks[3].problem


def test_suite_that_ran_fewer_checks_than_it_holds_has_not_passed(result: SuiteResult) -> None:
    assert (result.ran, result.expected, result.passed) == (2, 4, False)


def test_lost_answer_fails_the_suite() -> None:
    suite = Suite("images", ("image",), (SOUND, LEVEL))
    answer = {
        "success": True,
        "expectation_config": {"meta": {"check": "sound"}},
        "result": {"element_count": 50, "missing_count": 1, "unexpected_count": 0},
    }
    result = judge(suite, [answer], TABLE)
    assert [check.state for check in result.checks] == ["passed", "not run"]
    assert not result.passed


def test_two_answers_to_one_check_fail_it() -> None:
    answer = {
        "success": True,
        "expectation_config": {"meta": {"check": "sound"}},
        "result": {"element_count": 50, "unexpected_count": 0},
    }
    result = judge(Suite("images", ("image",), (SOUND,)), [answer, answer], TABLE)
    assert result.checks[0].problem == "2 answers came back instead of one"


def test_suite_without_checks_is_told_from_one_that_passed() -> None:
    assert judge(Suite("images", (), ()), [], TABLE).expected == 0


def test_misspelt_expectation_is_refused() -> None:
    misspelt = Check("level", "", "", "ExpectColumnValuesToBeBetwen", {"column": "level"})
    with pytest.raises(ValueError, match="has no ExpectColumnValuesToBeBetwen"):
        run(misspelt)


def test_failed_warning_does_not_stop_a_run() -> None:
    warning = between("level", "level", "Level", (0, 9), "turn it down", "warning")
    result = run(warning)
    assert result.checks[0].state == "failed"
    assert result.passed
