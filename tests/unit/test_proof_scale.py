"""One number says how hard a run of the tests looks."""

import pytest

from tests.support.proof import PROOF_SCALE_VARIABLE, proof_scale


def test_the_scale_is_one_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROOF_SCALE_VARIABLE, raising=False)
    assert proof_scale() == 1


def test_the_scale_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROOF_SCALE_VARIABLE, "10")
    assert proof_scale() == 10


@pytest.mark.parametrize("text", ["0", "-1", "many", "", "1.5"])
def test_a_scale_that_is_no_whole_number_of_one_or_more_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROOF_SCALE_VARIABLE, text)
    with pytest.raises(ValueError, match="whole number of 1 or more"):
        proof_scale()
