"""``udt data``: training patches from raw videos. Book: chapter 10."""

import argparse
import sys

from udtlib.data.leak_check import Measured, measuring_sequences
from udtlib.data.locate import find_data
from udtlib.data.patch_cache import PatchCache
from udtlib.data.patch_selection import SELECTIONS
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


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    return arguments.action_function(arguments)


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
        print("stopped; run the same command again to continue", file=sys.stderr)
        return 130
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
    size = cache.path.stat().st_size / 2**20
    leaks = [video for video in cache.skipped if video.leak]
    measured = len(cache.settings["measured"])
    lines = [
        f"{cache.path}: {len(cache):,} patches of {len(cache.videos)} videos, {size:.1f} MiB",
        *(f"note on {video.name}: {video.note}" for video in cache.videos if video.note),
        f"{len(cache.skipped) - len(leaks)} skipped; {len(leaks)} dropped because they show one of the "
        f"{measured} sequences for measuring",
        *(f"dropped {video.name}: {video.reason}" for video in leaks),
    ]
    return "\n".join(lines)
