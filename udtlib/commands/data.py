"""``udt data``: training patches from raw videos, or from procedural clips. Book: chapter 10."""

import argparse
import sys

from udtlib.commands.common import whole_number
from udtlib.data.leak_check import Measured, measuring_sequences
from udtlib.data.locate import find_data
from udtlib.data.patch_cache import PatchCache
from udtlib.data.patch_selection import SELECTIONS
from udtlib.data.synthetic_cache import pack_clips, synthetic_name
from udtlib.data.videos import pack_videos

EXAMPLE = "udt data pack holiday.mp4 clips --out runs/patches --webp 90"
MEASURING = ("otb", "vot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    pack = actions.add_parser("pack", help="cut and cache the training patches of raw videos, resumable")
    pack.add_argument(
        "videos", nargs="+", metavar="VIDEOS", help="video files, folders of frames or of videos"
    )
    pack.add_argument("--out", required=True, metavar="FILE_OR_DIR", help="the cache to write")
    pack.add_argument(
        "--webp", type=int, metavar="Q", help="compress the patches with quality 1 to 100 (default: raw)"
    )
    pack.add_argument(
        "--frames-per-video", type=int, default=300, metavar="N", help="from the start (default: %(default)s)"
    )
    pack.add_argument(
        "--selection",
        choices=SELECTIONS,
        default="centre",
        help="where patches are cut (default: %(default)s)",
    )
    pack.add_argument(
        "--measured",
        nargs="*",
        metavar="DIR",
        help="drop videos that show a sequence in here (default: otb and vot where they are found)",
    )
    pack.set_defaults(action_function=_pack)
    _add_render(actions.add_parser("render", help="cache patches of procedural clips, resumable"))


def _add_render(render: argparse.ArgumentParser) -> None:
    render.add_argument("--out", required=True, metavar="FILE", help="the cache to write, for `udt train`")
    render.add_argument(
        "--clips", type=whole_number(1), default=64, metavar="N", help="how many (default: %(default)s)"
    )
    render.add_argument(
        "--frames", type=whole_number(2), default=30, metavar="N", help="of each (default: %(default)s)"
    )
    render.add_argument("--seed", type=whole_number(0), default=0, metavar="S", help="default: %(default)s")
    render.add_argument("--webp", type=int, metavar="Q", help="as for pack")
    render.set_defaults(action_function=_render)


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    return arguments.action_function(arguments)


def _render(arguments: argparse.Namespace) -> int:
    """Render, print what was rendered, and return 0, or 130 if stopped by Ctrl-C."""
    try:
        cache = pack_clips(
            arguments.out, arguments.clips, arguments.frames, arguments.seed, arguments.webp, progress=True
        )
    except KeyboardInterrupt:
        return _stopped()
    print(f"{_size_line(cache)}\n{synthetic_name(cache)}")
    return 0


def _stopped() -> int:
    print("stopped; run the same command again to continue", file=sys.stderr)
    return 130


def _pack(arguments: argparse.Namespace) -> int:
    """Pack, print what was packed, and return 1 if a video could not be used, 130 if stopped by Ctrl-C."""
    try:
        cache = pack_videos(
            arguments.videos,
            arguments.out,
            webp=arguments.webp,
            frames_per_video=arguments.frames_per_video,
            selection=arguments.selection,
            measured=_measured(arguments.measured),
            progress=True,
        )
    except KeyboardInterrupt:
        return _stopped()
    print(summary(cache))
    bad = [video for video in cache.skipped if not video.leak]
    for video in bad:
        print(f"skipped {video.name}: {video.reason}", file=sys.stderr)
    return 1 if bad else 0


def _measured(folders: list[str] | None) -> Measured:
    found = [place for name in MEASURING if (place := find_data(name))]
    return Measured(measuring_sequences(found if folders is None else folders), progress=True)


def summary(cache: PatchCache) -> str:
    """Return the lines that say what is in a cache."""
    leaks = [video for video in cache.skipped if video.leak]
    measured = len(cache.settings["measured"])
    lines = [
        _size_line(cache),
        *(f"note on {video.name}: {video.note}" for video in cache.videos if video.note),
        f"{len(cache.skipped) - len(leaks)} skipped; {len(leaks)} dropped because they show one of the "
        f"{measured} sequences for measuring",
        *(f"dropped {video.name}: {video.reason}" for video in leaks),
    ]
    return "\n".join(lines)


def _size_line(cache: PatchCache) -> str:
    size = cache.path.stat().st_size / 2**20
    return f"{cache.path}: {len(cache):,} patches of {len(cache.videos)} videos, {size:.1f} MiB"
