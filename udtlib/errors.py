"""Every error the library raises on purpose; the command line prints their message, not a traceback.

Each is also the built-in exception a caller would expect, so ``except ValueError`` works too.
"""


class UdtError(Exception):
    """Base of all deliberate errors: the message names what was expected, what was found, what to do."""


class BoxError(UdtError, ValueError):
    """A box that is not four finite numbers of positive size, or lies outside the image."""


class FrameError(UdtError, ValueError):
    """A frame of the wrong type, shape or size."""


class DataError(UdtError, ValueError):
    """A file or folder whose content is not what its format promises."""


class DecoderError(DataError):
    """A video whose decoder crashed or hung: its frames from there on cannot be read."""


class MissingDataError(UdtError, FileNotFoundError):
    """A file or folder that is not there."""


class TrackerError(UdtError, RuntimeError):
    """A tracker that cannot run: no target yet, or a part of OpenCV that this build lacks."""


class UnknownNameError(UdtError, ValueError):
    """A tracker, dataset, policy or command that is not registered."""


class ShapeError(UdtError, ValueError):
    """Arrays or tensors whose shapes do not belong together."""


class OptionError(UdtError, ValueError):
    """An option of an unknown value, or outside its range."""


class UnknownOptionError(OptionError, TypeError):
    """An option that a tracker does not have, or of a type it does not take."""


class DifferentiationError(UdtError, RuntimeError):
    """A second derivative of something whose gradient is written by hand."""


class WeightsError(UdtError, ValueError):
    """A file of network weights that is damaged, foreign, of another shape, or not weights at all."""


class TrainingError(UdtError, RuntimeError):
    """A training run that cannot start, cannot go on, or has diverged."""


class CheckpointError(UdtError, ValueError):
    """A checkpoint that is damaged, or belongs to a run with other settings."""


class StorageError(UdtError, RuntimeError):
    """A file that cannot be written: a full disk, or no permission."""


class DownloadError(UdtError, RuntimeError):
    """A file that could not be downloaded, or is not the one that was downloaded before."""


class ArchiveError(UdtError, ValueError):
    """An archive that is damaged, or refused because of what it would write."""


class ClusterError(UdtError, RuntimeError):
    """A Dask cluster that cannot be reached, has no workers, or is gone."""
