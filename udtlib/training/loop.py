"""The training loop: data -> loss -> step -> checkpoint. Book: chapter 11.

`train` takes the batches as a function of the step, so a run that is resumed sees what it would have seen:
on one CPU it goes on bit for bit. Everything a run writes is in one folder: ``log.csv``, ``curve.png``,
``checkpoint.safetensors`` and, at the end, ``weights.safetensors``.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from udtlib.arguments import Between, checked
from udtlib.errors import CheckpointError, OptionError, StorageError, TrainingError
from udtlib.files import make_folder, remove_unfinished, user_path, write_whole
from udtlib.locks import only_writer
from udtlib.training.ahead import BatchSource, ahead, or_saved
from udtlib.training.card import card_lines
from udtlib.training.checkpoint import (
    BEFORE,
    NEWEST,
    Checkpoint,
    advice,
    load_checkpoint,
    save_checkpoint,
    settings_to_go_on,
    what_is_kept,
)
from udtlib.training.log import TrainingLog
from udtlib.training.observer import Looks, Observer
from udtlib.training.origin import batch_of, check_origin, code_of
from udtlib.training.run import Run, row_of, start, take_step
from udtlib.training.settings import TrainingSettings
from udtlib.training.signals import StopRequest, signals
from udtlib.training.step import Batch
from udtlib.training.workers import Workers, device_of
from udtlib.weights import Weights

WEIGHTS = "weights.safetensors"
CHECKPOINT_EVERY = 200  # steps
VALIDATE_EVERY = 100  # steps


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        steps: done in all.
        signal: the number of the signal that stopped it early, 0 if none did.
        loss: of the last step; NaN if there was none.
        seconds: of training, all sessions together.
        weights: the file with the trained network; None if stopped early.
        best: the lowest held-out loss whose weights were kept; None if none were.
    """

    steps: int
    signal: int
    loss: float
    seconds: float
    weights: Path | None = None
    best: float | None = None


@checked
def train(
    settings: TrainingSettings,
    batches: BatchSource,
    out: str | Path,
    *,
    resume: bool = False,
    first_weights: Weights | None = None,
    device: str | None = "cpu",
    checkpoint_every: Annotated[int, Between(1, 10**9)] = CHECKPOINT_EVERY,
    keep: Sequence[int] = (),
    held_out: Sequence[Batch] = (),
    validate_every: Annotated[int, Between(1, 10**9)] = VALIDATE_EVERY,
    keep_best: bool = False,
    progress: bool = False,
    tensorboard: bool = False,
    card: dict[str, str] | None = None,
) -> Ending:
    """Train a network and write it to ``out/weights.safetensors``.

    SIGINT, SIGTERM and SIGHUP stop it after the current step, with a checkpoint, also where the next batch
    does not come; a second one ends it at once. Under torchrun every process calls this with the same
    arguments; the first writes.

    Args:
        settings: what to do.
        batches: gives the `udtlib.training.step.Batch`, or just the uint8 patches ``(n, 3, 125, 125, 3)``,
            of a step (0-indexed): all ``settings.batch`` triplets.
        out: the run's folder; made if needed.
        resume: go on from ``out``'s checkpoint; with more steps than it had, the run is extended, and the
            weights it ended with are kept as ``out/weights-STEP.safetensors``.
        first_weights: what to start from; None is random.
        device: ``"cpu"``, ``"cuda"`` ..., None or ``"auto"`` for a GPU if there is one.
        checkpoint_every: steps between checkpoints.
        keep: steps after which the weights are kept, as ``out/weights-STEP.safetensors``.
        held_out: batches of videos that are not trained on; how well the network does on them goes into the
            log, see `udtlib.training.validation`.
        validate_every: steps between two such measurements; the last step is always measured.
        keep_best: also keep the weights of the lowest held-out loss, ``out/weights-best.safetensors``.
        progress: show a bar, or on no terminal a line every few seconds.
        tensorboard: write TensorBoard logs too.
        card: lines for the weights' card, such as the command and the videos.

    Raises:
        TrainingError: ``out`` has a run already, or a log that lacks steps of its checkpoint; the loss is NaN
            or diverges (the checkpoint stays).
        StorageError: ``out`` cannot be written, is removed meanwhile, or another process is training there.
        CheckpointError: the checkpoint is damaged or incomplete, or its run has other settings or patches.
        OptionError: no such device, a batch that the processes cannot share, a number out of range, a step to
            keep that the run does not have, or ``keep_best`` without ``held_out``.
        ShapeError: batches of the wrong shape.
    """
    if keep_best and not held_out:
        raise OptionError("keep_best goes by the loss on held-out videos: give some (--hold-out SHARE)")
    check_keep(keep, settings.steps)
    folder = user_path(out).absolute()  # what makes the batches may change the current folder
    place = device_of(device)
    workers = Workers(place)
    if first_weights is not None:
        settings = replace(settings, first_weights=first_weights.fingerprint)
    lock = ExitStack()
    try:
        workers.share(settings.batch)
        checkpoint = workers.first_decides(lambda: open_run(folder, settings, resume, lock))
        if checkpoint is not None:
            settings = settings_to_go_on(checkpoint, settings, folder)
        run = start(settings, place, first_weights)
        run.made_of = {"code": code_of(batches)}
        if checkpoint is not None:
            run.made_of = check_origin(checkpoint, batches, folder)
            resume_run(run, checkpoint, folder)
        log = TrainingLog(
            folder,
            settings.steps,
            run.done,
            write=workers.is_first,
            progress=progress,
            tensorboard=tensorboard,
        )

        def lines(loss: float) -> dict[str, str]:
            mixed = run.made_of.get("mixed")
            about = {"code": f"another version of it until step {mixed}"} if mixed else {}
            return card_lines(settings, loss, run.seconds, place, workers.count) | about | (card or {})

        observer = Observer(run, log, Looks(held_out, validate_every, keep, keep_best), lines)
        path, did = None, run.done
        with log, signals() as stop:
            loss, number = loop(run, batches, workers, log, observer, stop, checkpoint_every)
            if workers.is_first and run.done == settings.steps:
                path = write_last(observer, folder, run.done, loss)
            if workers.is_first and run.done > did:
                observer.draw(at_once=True)
        return Ending(run.done, number, loss, run.seconds, path, run.best)
    finally:
        lock.close()
        workers.leave()


def write_last(observer: Observer, folder: Path, step: int, loss: float) -> Path:
    """Write the trained weights.

    Raises:
        StorageError: they cannot be written; the checkpoint, which has them too, stays.
    """
    try:
        return observer.write(folder / WEIGHTS, loss)
    except StorageError as error:
        raise StorageError(f"{error} ({what_is_kept(folder, step, error)})") from error


def check_keep(keep: Sequence[int], steps: int) -> None:
    """Refuse to keep weights of steps that a run of ``steps`` does not have.

    Raises:
        OptionError: one of them.
    """
    if beyond := [step for step in keep if not 1 <= step <= steps]:
        raise OptionError(f"keep: expected steps of this run, from 1 to {steps}, found {beyond[0]}")


def resume_run(run: Run, checkpoint: Checkpoint, folder: Path) -> None:
    """Let a run go on from a checkpoint.

    Raises:
        CheckpointError: it does not have what the run needs; the message names the file and what is missing.
    """
    try:
        run.resume(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{folder / NEWEST}: {error}. {advice(folder)}") from error


def open_run(
    folder: Path, settings: TrainingSettings, resume: bool, lock: ExitStack | None = None
) -> Checkpoint | None:
    """Return the checkpoint to go on from; None for a new run, whose folder is made.

    ``lock`` is given what keeps other trainings out of the folder.

    Raises:
        StorageError: another process is training there, or the folder cannot be made.
        TrainingError: a new run where one is already.
        CheckpointError: see `udtlib.training.checkpoint.load_checkpoint` and ``settings_to_go_on``.
    """
    if not resume:
        make_folder(folder)
    if lock is not None and folder.is_dir():
        lock.enter_context(only_writer(folder))
        remove_unfinished(folder)
    if resume:
        checkpoint = load_checkpoint(folder)
        longer = settings_to_go_on(checkpoint, settings, folder).steps > checkpoint.step
        if longer and checkpoint.step == checkpoint.settings["steps"]:
            keep_weights(folder, checkpoint.step)
        return checkpoint
    check_new(folder)
    return None


def check_new(folder: str | Path) -> None:
    """Refuse a folder that a new run cannot have.

    Raises:
        TrainingError: one has been there.
    """
    if any((user_path(folder) / name).exists() for name in (NEWEST, BEFORE, WEIGHTS)):
        raise TrainingError(f"{folder} holds a training run; add --resume to go on, or name another folder")


def keep_weights(folder: Path, step: int) -> None:
    """Keep the weights of a finished run that is extended, under the name of their last step."""
    kept = folder / f"weights-{step}.safetensors"
    if (folder / WEIGHTS).is_file() and not kept.exists():
        write_whole(kept, (folder / WEIGHTS).read_bytes())


def loop(
    run: Run,
    batches: BatchSource,
    workers: Workers,
    log: TrainingLog,
    observer: Observer,
    stop: StopRequest,
    checkpoint_every: int,
) -> tuple[float, int]:
    """Do the remaining steps; return the last loss and the signal that ended them early, or 0."""
    settings, folder, number = run.settings, log.path.parent, 0
    loss = run.watch.recent[-1] if run.watch.recent else float("nan")
    share = workers.share(settings.batch)
    saved = run.done

    def save() -> None:
        nonlocal saved
        if run.done > saved:
            saved = save_run(run, workers, log, folder)

    try:
        for batch in or_saved(ahead(batches, run.done, settings, stop), save):
            if run.done == 0 and not settings.data:
                run.made_of["batch"] = batch_of(batch)
            begin, part = time.perf_counter(), batch.part(share.start, share.stop)
            loss = take_step(run, part, workers, share.start)
            took = time.perf_counter() - begin
            run.seconds += took
            row = row_of(run, loss, took)
            run.done += 1
            if workers.is_first:
                found = observer.measure(part)
                log.add(row | found)
                observer.keep(loss, found)
            number = workers.any(stop.number)
            if number or run.done % checkpoint_every == 0 or run.done == settings.steps:
                save()
                if workers.is_first and run.done < settings.steps:
                    observer.draw(at_once=bool(number))
            if number:
                break
        if not number and stop.number and run.done < settings.steps:  # while no batch came
            number, saved = stop.number, save_run(run, workers, log, folder)
    except (TrainingError, StorageError) as error:
        if isinstance(error, TrainingError) and workers.is_first and run.done:
            observer.draw(at_once=True)
        raise type(error)(f"{error} ({what_is_kept(folder, saved, error)})") from error
    return loss, number


def save_run(run: Run, workers: Workers, log: TrainingLog, folder: Path) -> int:
    """Write log and checkpoint, in the first process; return the step they are of."""
    if workers.is_first:
        log.flush()
        save_checkpoint(folder, run.checkpoint())
    return run.done
