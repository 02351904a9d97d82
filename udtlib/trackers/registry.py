"""The table of trackers, one sorted line each; a module is imported when its tracker is asked for.

Book: chapter 00.
"""

from importlib import import_module
from inspect import signature
from typing import Any

from udtlib.arguments import look_up, shown
from udtlib.errors import OptionError, UdtError, UnknownOptionError
from udtlib.trackers.base import Tracker
from udtlib.trackers.own import is_own, own_tracker

TRACKERS = {
    "csrt": "udtlib.trackers.opencv:OpenCVCSRT",
    "dcfnet": "udtlib.trackers.udt.variants:dcfnet_tracker",
    "dsst": "udtlib.trackers.dsst:DsstTracker",
    "kcf": "udtlib.trackers.kcf:KcfTracker",
    "kcf-opencv": "udtlib.trackers.opencv:OpenCVKCF",
    "mosse": "udtlib.trackers.mosse:MosseTracker",
    "mosse-opencv": "udtlib.trackers.opencv:OpenCVMosse",
    "udt": "udtlib.trackers.udt:UdtTracker",
    "udt+": "udtlib.trackers.udt_plus:UdtPlusTracker",
    "udt+-bf16": "udtlib.trackers.udt_plus:bfloat16_tracker",
    "udt-bf16": "udtlib.trackers.udt.variants:bfloat16_tracker",
    "udt-noise": "udtlib.trackers.udt.variants:noise_tracker",
    "udt-plain": "udtlib.trackers.udt.plain:PlainUdtTracker",
    "udt-released": "udtlib.trackers.udt.variants:released_tracker",
}


def load_tracker(name: str, **options: Any) -> Tracker:
    """Return a new tracker by its registered ``name``; ``options`` go to its constructor.

    A user's own is named ``"file.py:Class"`` or ``"package.module:Class"``; what can go wrong with it says
    `udtlib.trackers.own`.

    Raises:
        UnknownNameError: ``name`` is not in `TRACKERS`.
        UnknownOptionError: an option the tracker does not have.
        OptionError: an option of another type than expected, outside its range, or unusable.
    """
    if is_own(name):
        return own_tracker(name)(**options)
    module, _, attribute = look_up("tracker", name, TRACKERS).partition(":")
    factory = getattr(import_module(module), attribute)
    try:
        return factory(**options)
    except UdtError as error:
        if type(error) is OptionError:
            raise OptionError(f"tracker {name!r}: {error}") from error
        raise
    except TypeError as error:
        known = ", ".join(key for key in signature(factory).parameters if key != "options") or "none"
        raise UnknownOptionError(
            f"tracker {name!r}, options {shown(options)}: {error}; known: {known}"
        ) from error
    except (RuntimeError, ValueError, ArithmeticError) as error:
        raise OptionError(
            f"tracker {name!r} cannot be made with options {shown(options)}: {error}"
        ) from error
