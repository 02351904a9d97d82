"""From result files, or from an evaluation of ours, to VOT's measures. Book: chapter 14."""

from collections.abc import Iterable
from pathlib import Path

from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.evaluation.results.files import LOG
from udtlib.evaluation.results.trajectories import find_trajectories, read_trajectory
from udtlib.evaluation.scoring.expected_overlap import eao_interval
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.evaluation.scoring.supervised import SupervisedRun, supervised_run
from udtlib.evaluation.scoring.vot import VotScore
from udtlib.files import user_path


def score_vot(
    results: str | Path,
    sequences: Iterable[Sequence] | None,
    *,
    year: int = 2018,
    overlap: str = "pixels",
    tracker: str | None = None,
    failed: dict[str, str] | None = None,
) -> VotScore:
    """Score a tracker's result files of VOT's supervised experiment; no images are read.

    Args:
        results: the tracker's folder (`udtlib.evaluation.results.trajectories.find_trajectories`).
        sequences: with true regions, tags and frame sizes (`udtlib.data.benchmarks.vot.load_vot_truth`);
            None: the truth is not at hand, failures alone are counted.
        year: VOT's, for the interval of the EAO.
        overlap: ``"pixels"`` as VOT's toolkit counts them, or exact ``"area"``.
        tracker: its name; None is the folder's.
        failed: where given, a sequence whose results cannot be read is left out, and what is wrong with it is
            added here under its name; None raises the first such error.

    Raises:
        UnknownNameError: a year without EAO, or no such kind of overlap.
        MissingDataError: no such folder, no result, or none of a sequence.
        DataError: a malformed result, one of another sequence, or none left to score.

    Book: chapter 14.
    """
    eao_interval(year)
    folder = user_path(results)
    files = find_trajectories(folder)
    truth = {one.name: one for one in sequences} if sequences is not None else dict.fromkeys(files)
    problems = {} if failed is None else failed
    runs = {}
    for name, sequence in truth.items():
        try:
            runs[name] = _runs(files.get(name, []), sequence, overlap, f"{folder}: {name}")
        except UdtError as error:
            if failed is None:
                raise
            problems[name] = str(error)
    if not runs:
        name, problem = next(iter(problems.items()), ("no sequence", "there is none"))
        raise DataError(f"{folder}: none of {len(truth)} sequences can be scored; {name}: {problem}")
    others = [name for name in files if name not in truth]
    if others:
        LOG.warning(
            "%s: left out the results of %d sequences without true regions: %s",
            folder,
            len(others),
            ", ".join(others[:5]),
        )
    return VotScore(tracker or folder.resolve().name, runs, year, dict(problems))


def vot_score_of(score: TrackerScore, year: int = 2018) -> VotScore:
    """Return VOT's measures of what `udtlib.evaluation.evaluate` ran with ``protocol="vot"``.

    Raises:
        DataError: it ran with another protocol.
        UnknownNameError: a year without EAO.

    Book: chapter 14.
    """
    eao_interval(year)
    if score.protocol != "vot":
        raise DataError(f"{score.tracker}: expected results of protocol vot, found {score.protocol}")
    runs = {one.name: one.supervised for one in score.sequences}
    return VotScore(score.tracker, runs, year, score.failed)


def _runs(
    paths: list[Path], sequence: Sequence | None, overlap: str, where: str
) -> tuple[SupervisedRun, ...]:
    if not paths:
        raise MissingDataError(f"{where}: no result of this sequence")
    found = [(path, read_trajectory(path)) for path in paths]
    lengths = {len(regions) for _, regions in found}
    if len(lengths) > 1:
        raise DataError(f"{where}: expected repetitions of one length, found {sorted(lengths)}: truncated?")
    return tuple(supervised_run(regions, sequence, overlap, where=str(path)) for path, regions in found)
