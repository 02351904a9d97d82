"""Whose threads compute."""

from threading import Barrier, Thread

from threadpoolctl import threadpool_info, threadpool_limits

from udtlib.devices import one_blas_thread


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_has_its_threads_again_after_calls_that_overlap():
    """The second call begins within the first and ends after it: it must not keep the limit it found."""
    begun, ended = Barrier(2), Barrier(2)
    seen = []

    @one_blas_thread
    def first():
        begun.wait(5)
        seen.extend(blas_threads())

    @one_blas_thread
    def second():
        begun.wait(5)
        ended.wait(5)
        seen.extend(blas_threads())

    def run_first():
        first()
        ended.wait(5)

    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        assert before
        threads = [Thread(target=run_first), Thread(target=second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert set(seen) == {1}
        assert blas_threads() == before == [2] * len(before)


def test_blas_has_its_threads_again_after_an_error():
    @one_blas_thread
    def fails():
        raise KeyError

    before = blas_threads()
    for _ in range(2):
        try:
            fails()
        except KeyError:
            assert blas_threads() == before
