import pytest

from clickwatch.domain.place import Place


@pytest.mark.parametrize("text", ["0:0", "3:1234", "2147483647:9223372036854775807"])
def test_a_place_reads_as_it_is_written(text: str) -> None:
    assert str(Place.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "7", "0:", ":7", "-1:7", "0:-7", "0:7 ", "0:1,234", "٣:٤", "2147483648:0", "0:9223372036854775808", "0:7\n"],
)
def test_what_is_no_place_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no place: .* such as 0:1234"):
        Place.parse(text)


def test_places_sort_as_the_log_does() -> None:
    assert sorted([Place(1, 0), Place(0, 10), Place(0, 9)]) == [Place(0, 9), Place(0, 10), Place(1, 0)]
