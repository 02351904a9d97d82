"""Where tensors live: a processor or a GPU, and how the C library keeps their memory. Book: chapter 06."""

import torch

from udtlib.errors import OptionError


def usable_device(device: torch.device | str) -> torch.device:
    """Return the device of that name.

    Raises:
        OptionError: no such device here.
    """
    try:
        number = torch.zeros(1, device=device)
        number.item()  # which a device without memory cannot tell
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise OptionError(f"device {str(device)!r} cannot be used here ({reason})") from error
    return number.device


def keep_freed_memory() -> None:
    """Make the C library keep memory that is freed, up to some 60 MB, instead of returning it each time.

    Every frame allocates and frees the same few megabytes. glibc gives them back to the system and takes
    them again, zeroed page by page, which costs up to a tenth of a frame. It learns from the largest
    block freed so far (at most 32 MB) how much to keep; so one such block is made and freed.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)
