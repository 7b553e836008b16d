"""Regions of shared memory: never handed out while anybody still looks at them, and used again after that."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pytest

from clickwatch.speed.embedded.shared_memory import Bytes, SharedMemory, mapped

SIZE = 100_000


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    made = SharedMemory()
    yield made
    made.close()


def test_what_is_written_here_is_seen_through_another_mapping(memory: SharedMemory) -> None:
    region, array = memory.take(SIZE)
    array[:] = 9
    other = mapped(memory.descriptor, region)
    assert other[:SIZE] == b"\x09" * SIZE


def test_a_region_is_known_by_its_array_alone(memory: SharedMemory) -> None:
    first, array = memory.take(SIZE)
    second, other = memory.take(SIZE)
    assert (memory.region_of(array), memory.region_of(other)) == (first, second)
    assert memory.region_of(array[1:]) is None
    assert memory.region_of(np.zeros(SIZE, np.uint8)) is None


def test_a_region_is_used_again_when_its_array_is_gone(memory: SharedMemory) -> None:
    first, array = memory.take(SIZE)
    del array
    again, _array = memory.take(SIZE - 1)
    assert again == first


KEEPERS: dict[str, Callable[[Bytes], object]] = {
    "a slice": lambda array: array[10:20],
    "a view of a view": lambda array: array[:80_000].view(np.int64).reshape(100, 100)[::2],
    "a memoryview": lambda array: array.data[3:9],
    "an Arrow buffer": lambda array: pa.py_buffer(array).slice(3, 5),
    "an Arrow column": lambda array: pa.Array.from_buffers(pa.int64(), 100, [None, pa.py_buffer(array)]).slice(5, 2),
}


@pytest.mark.parametrize("keep", KEEPERS.values(), ids=KEEPERS)
def test_a_region_is_not_used_again_while_something_on_it_is_left(
    memory: SharedMemory, keep: Callable[[Bytes], object]
) -> None:
    region, array = memory.take(SIZE)
    kept = keep(array)
    del array
    other, second = memory.take(SIZE)
    assert other != region
    del kept
    assert memory.take(SIZE)[0] == region
    del second


def test_arrays_outlive_the_file(memory: SharedMemory) -> None:
    _, array = memory.take(SIZE)
    array[:] = 3
    memory.close()
    assert (array == 3).all()
