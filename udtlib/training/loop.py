"""The training loop: data -> loss -> step -> checkpoint. Book: chapter 11.

`train` takes the batches as a function of the step, so a run that is resumed sees what it would have seen:
on one CPU it goes on bit for bit. Everything a run writes is in one folder: ``log.csv``,
``checkpoint.safetensors`` and, at the end, ``weights.safetensors``.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from udtlib.arguments import Between, checked
from udtlib.errors import StorageError, TrainingError
from udtlib.files import remove_unfinished, user_path
from udtlib.locks import only_writer
from udtlib.training.ahead import BatchSource, ahead
from udtlib.training.card import card_lines, first_losses
from udtlib.training.checkpoint import (
    NEWEST,
    Checkpoint,
    check_settings,
    load_checkpoint,
    save_checkpoint,
)
from udtlib.training.log import TrainingLog
from udtlib.training.origin import batch_of, check_origin, code_of
from udtlib.training.run import Run, row_of, start, take_step
from udtlib.training.settings import TrainingSettings
from udtlib.training.signals import StopRequest, signals
from udtlib.training.workers import Workers, device_of
from udtlib.weights import save_weights

WEIGHTS = "weights.safetensors"
CHECKPOINT_EVERY = 200  # steps


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        steps: done in all.
        signal: the number of the signal that stopped it early, 0 if none did.
        loss: of the last step; NaN if there was none.
        seconds: of training, all sessions together.
        weights: the file with the trained network; None if stopped early.
    """

    steps: int
    signal: int
    loss: float
    seconds: float
    weights: Path | None = None


@checked
def train(
    settings: TrainingSettings,
    batches: BatchSource,
    out: str | Path,
    *,
    resume: bool = False,
    device: str | None = "cpu",
    checkpoint_every: Annotated[int, Between(1, 10**9)] = CHECKPOINT_EVERY,
    keep: Sequence[int] = (),
    progress: bool = False,
    tensorboard: bool = False,
    card: dict[str, str] | None = None,
) -> Ending:
    """Train a network from random weights and write it to ``out/weights.safetensors``.

    SIGINT and SIGTERM stop it after the current step, with a checkpoint, also where the next batch does not
    come; a second one ends it at once. Under torchrun every process
    calls this with the same arguments; the first writes.

    Args:
        settings: what to do.
        batches: gives the `udtlib.training.step.Batch`, or just the uint8 patches ``(n, 3, 125, 125, 3)``,
            of a step (0-indexed): all ``settings.batch`` triplets.
        out: the run's folder; made if needed.
        resume: go on from ``out``'s checkpoint.
        device: ``"cpu"``, ``"cuda"`` ..., None for a GPU if there is one.
        checkpoint_every: steps between checkpoints.
        keep: steps after which the weights are kept, as ``out/weights-STEP.safetensors``.
        progress: show a bar.
        tensorboard: write TensorBoard logs too.
        card: lines for the weights' card, such as the command and the videos.

    Raises:
        TrainingError: ``out`` has a run already, or a log that lacks steps of its checkpoint; the loss is NaN
            or diverges (the checkpoint stays).
        StorageError: ``out`` cannot be written, is removed meanwhile, or another process is training there.
        CheckpointError: the checkpoint is damaged, or its run has other settings or other patches.
        OptionError: no such device, a batch that the processes cannot share, or ``checkpoint_every`` below 1.
        ShapeError: batches of the wrong shape.
    """
    folder = user_path(out)
    place = device_of(device)
    workers = Workers(place)
    lock = ExitStack()
    try:
        workers.share(settings.batch)
        run = start(settings, place)
        checkpoint = workers.first_decides(lambda: open_run(folder, settings, resume, lock))
        run.made_of = {"code": code_of(batches)}
        if checkpoint is not None:
            run.made_of = check_origin(checkpoint, batches, folder)
            run.resume(checkpoint)
        log = TrainingLog(
            folder,
            settings.steps,
            run.done,
            write=workers.is_first,
            progress=progress,
            tensorboard=tensorboard,
        )

        def after_step(loss: float) -> None:
            if workers.is_first and run.done in keep:
                write_weights(run, folder / f"weights-{run.done}.safetensors", log, lines(loss))

        def lines(loss: float) -> dict[str, str]:
            mixed = run.made_of.get("mixed")
            about = {"code": f"another version of it until step {mixed}"} if mixed else {}
            return card_lines(settings, loss, run.seconds, place, workers.count) | about | (card or {})

        path = None
        with log, signals() as stop:
            loss, number = loop(run, batches, workers, log, folder, stop, checkpoint_every, after_step)
            if workers.is_first and run.done == settings.steps:
                path = write_weights(run, folder / WEIGHTS, log, lines(loss))
        return Ending(run.done, number, loss, run.seconds, path)
    finally:
        lock.close()
        workers.leave()


def write_weights(run: Run, path: Path, log: TrainingLog, lines: dict[str, str]) -> Path:
    """Write the run's weights as they are now, with ``lines``, its steps and first losses as the card."""
    log.flush()
    about = {"steps": str(run.done), "first losses": first_losses(run.watch.start)}
    save_weights(path, run.weights(lines | about))
    return path


def open_run(
    folder: Path, settings: TrainingSettings, resume: bool, lock: ExitStack | None = None
) -> Checkpoint | None:
    """Return the checkpoint to go on from; None for a new run, whose folder is made.

    ``lock`` is given what keeps other trainings out of the folder.

    Raises:
        StorageError: another process is training there.
        TrainingError: a new run where one is already.
        CheckpointError: see `udtlib.training.checkpoint.load_checkpoint` and ``check_settings``.
    """
    if not resume:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{folder}: cannot make this folder ({error.strerror})") from error
    if lock is not None and folder.is_dir():
        lock.enter_context(only_writer(folder))
        remove_unfinished(folder)
    if resume:
        checkpoint = load_checkpoint(folder)
        check_settings(checkpoint, settings, folder)
        return checkpoint
    if (folder / NEWEST).exists() or (folder / WEIGHTS).exists():
        raise TrainingError(f"{folder} holds a training run; add --resume to go on, or name another folder")
    return None


def loop(
    run: Run,
    batches: BatchSource,
    workers: Workers,
    log: TrainingLog,
    folder: Path,
    stop: StopRequest,
    checkpoint_every: int,
    after_step: Callable[[float], None],
) -> tuple[float, int]:
    """Do the remaining steps; return the last loss and the signal that ended them early, or 0.

    ``after_step`` is called with the loss of each.
    """
    settings, loss, number = run.settings, float("nan"), 0
    share = workers.share(settings.batch)
    saved = run.done
    try:
        for batch in ahead(batches, run.done, settings, stop):
            if run.done == 0 and not settings.data:
                run.made_of["batch"] = batch_of(batch)
            begin = time.perf_counter()
            loss = take_step(run, batch.part(share.start, share.stop), workers, share.start)
            took = time.perf_counter() - begin
            run.seconds += took
            log.add(row_of(run, loss, took))
            run.done += 1
            after_step(loss)
            number = workers.any(stop.number)
            if number or run.done % checkpoint_every == 0 or run.done == settings.steps:
                saved = save_run(run, workers, log, folder)
            if number:
                break
        if not number and stop.number and run.done < settings.steps:  # while no batch came
            number, saved = stop.number, save_run(run, workers, log, folder)
    except (TrainingError, StorageError) as error:
        there = saved and (folder / NEWEST).is_file()
        kept = f"the checkpoint of step {saved} in {folder} is kept" if there else "there is no checkpoint"
        raise type(error)(f"{error} ({kept})") from error
    return loss, number


def save_run(run: Run, workers: Workers, log: TrainingLog, folder: Path) -> int:
    """Write log and checkpoint, in the first process; return the step they are of."""
    if workers.is_first:
        log.flush()
        save_checkpoint(folder, run.checkpoint())
    return run.done
