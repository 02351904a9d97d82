"""``udt data``: benchmarks; training patches from videos or procedural clips. Book: chapters 10, 13."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from udtlib.commands.common import file_path, number, whole_number
from udtlib.data.benchmarks.layouts import Layout
from udtlib.data.download.downloads import BENCHMARKS, UNTRIED, Contents, contents, download
from udtlib.data.locate import find_data
from udtlib.data.raw_video.leak_check import Measured, measuring_sequences
from udtlib.data.raw_video.packing import pack_videos
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.raw_video.patch_selection import SELECTIONS
from udtlib.data.registry import layouts
from udtlib.data.synthetic.cache import pack_clips, synthetic_name
from udtlib.errors import UdtError
from udtlib.printing import say
from udtlib.trackers import kcf

EXAMPLE = "udt data pack holiday.mp4 clips --out runs/patches --webp 90"
MEASURING = ("otb", "vot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    pack = actions.add_parser("pack", help="cut and cache the training patches of raw videos, resumable")
    pack.add_argument(
        "videos",
        nargs="+",
        type=file_path,
        metavar="VIDEOS",
        help="video files, folders of frames or of videos",
    )
    pack.add_argument(
        "--out", required=True, type=file_path, metavar="FILE_OR_DIR", help="the cache to write"
    )
    pack.add_argument(
        "--webp",
        type=number,
        metavar="Q",
        help="compress the patches with quality 1 to 100 (default: raw)",
    )
    pack.add_argument(
        "--frames-per-video",
        type=number,
        default=300,
        metavar="N",
        help="how many frames of each video, from its start (default: %(default)s)",
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
        type=file_path,
        metavar="DIR",
        help="drop videos that show a sequence in here (default: otb and vot where they are found)",
    )
    pack.set_defaults(action_function=_pack)
    _add_render(actions.add_parser("render", help="cache patches of procedural clips, resumable"))
    _add_benchmarks(actions)


def _add_benchmarks(actions: Any) -> None:
    text = "the benchmarks: what is found where, what is missing, and from where it would be fetched"
    listing = actions.add_parser("list", help=text, description=text)
    listing.add_argument(
        "--root", type=file_path, metavar="DIR", help="look there (default: UDT_DATA, data/, ../shared)"
    )
    listing.set_defaults(action_function=_list)
    text = "fetch what is missing of a benchmark and unpack it; continues where a run before was stopped"
    fetching = actions.add_parser("download", help=text, description=text)
    fetching.add_argument(
        "name", choices=sorted(BENCHMARKS), metavar="NAME", help=", ".join(sorted(BENCHMARKS))
    )
    fetching.add_argument(
        "--root", required=True, type=file_path, metavar="DIR", help="the folder of the sequences"
    )
    fetching.add_argument(
        "--address", metavar="URL", help="another place with the same archives (default: the official one)"
    )
    fetching.add_argument(
        "--largest",
        type=whole_number(1, 1000),
        metavar="GIB",
        help="largest archive that is taken, in GiB (default: 2 for OTB, 16 for Temple-Color)",
    )
    fetching.set_defaults(action_function=_download)


def _add_render(render: argparse.ArgumentParser) -> None:
    render.add_argument(
        "--out", required=True, type=file_path, metavar="FILE", help="the cache to write, for `udt train`"
    )
    render.add_argument(
        "--clips", type=whole_number(1), default=64, metavar="N", help="how many clips (default: %(default)s)"
    )
    render.add_argument(
        "--frames",
        type=whole_number(2),
        default=30,
        metavar="N",
        help="how many frames of each clip (default: %(default)s)",
    )
    render.add_argument(
        "--seed",
        type=whole_number(0, 2**32),
        default=0,
        metavar="S",
        help="seed of the clips (default: %(default)s)",
    )
    render.add_argument(
        "--webp", type=number, metavar="Q", help="compress the patches with quality 1 to 100 (default: raw)"
    )
    render.set_defaults(action_function=_render)


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    return arguments.action_function(arguments)


def _list(arguments: argparse.Namespace) -> int:
    """Print what is known, found and missing."""
    say(listing(arguments.root))
    return 0


def listing(root: Path | None) -> str:
    """Return the lines of `udt data list`."""
    lines = [f"{'dataset':9}  {'sequences':>9}  {'found':>5}  where"]
    addresses: dict[str, list[str]] = {}
    for name, benchmark in BENCHMARKS.items():
        place = root or find_data(benchmark.place)
        there = contents(name, place) if place else Contents((), ())
        where = place if there.found else f"nowhere; `udt data download {name} --root DIR`"
        lines.append(f"{name:9}  {benchmark.sequences:9}  {len(there.found):5}  {where}")
        if there.found and there.missing:
            shown = ", ".join(there.missing[:8]) + (" ..." if len(there.missing) > 8 else "")
            lines.append(f"{'':9}  missing: {shown}")
        one = benchmark.archives[0] if len(benchmark.archives) == 1 else "NAME.zip"
        addresses.setdefault(benchmark.address + one, []).append(name)
    lines += [f"{name:27}  in the package" for name in ("cast", "synthetic")]
    lines += [f"{', '.join(names)}: {url}" for url, names in addresses.items()]
    return "\n".join([*lines, UNTRIED, "", *_read_as_they_are(root)])


def _read_as_they_are(root: Path | None) -> list[str]:
    """Return the lines about benchmarks that are read where they were unpacked, and not downloaded here."""
    others = {name: layout for name, layout in layouts().items() if name not in BENCHMARKS}
    heading = f"{'fetched by hand':15}  {'sequences':>9}  {'found':>5}  where"
    return [heading, *(_layout_line(name, layout, root) for name, layout in others.items())]


def _layout_line(name: str, layout: Layout, root: Path | None) -> str:
    """Return the line of a benchmark that is read as it is, and fetched by hand."""
    place = root or find_data(layout.place)
    try:
        found = len(layout.targets(place)) if place else 0
    except UdtError:
        found = 0
    where = place if found else f"nowhere; expected at data/{layout.place} or --root: {layout.shape}"
    return f"{name:15}  {layout.count or '-':>9}  {found:5}  {where}"


def _download(arguments: argparse.Namespace) -> int:
    """Download; return 1 if an archive failed."""
    root = arguments.root
    try:
        largest = arguments.largest and arguments.largest << 30
        problems = download(arguments.name, root, address=arguments.address, progress=_bar, largest=largest)
    except KeyboardInterrupt:
        say("stopped; run the same command again to continue", file=sys.stderr)
        return 130
    found = len(contents(arguments.name, root).found)
    say(f"{root}: {found} of {BENCHMARKS[arguments.name].sequences} sequences of {arguments.name}")
    for problem in problems.values():
        say(f"FAILED {problem}", file=sys.stderr)
    if problems:
        say(f"{len(problems)} archives failed; {UNTRIED}", file=sys.stderr)
    return 1 if problems else 0


def _bar(archive: str) -> Callable[[int, int], None]:
    """Return what draws the progress of one archive."""
    bar = tqdm(desc=archive, unit="B", unit_scale=True, disable=None)

    def show(done: int, size: int) -> None:
        bar.total = size if size > 0 else None
        bar.update(done - bar.n)
        if done == size:
            bar.close()

    return show


def _render(arguments: argparse.Namespace) -> int:
    """Render, print what was rendered, and return 0, or 130 if stopped by Ctrl-C."""
    try:
        cache = pack_clips(
            arguments.out, arguments.clips, arguments.frames, arguments.seed, arguments.webp, progress=True
        )
    except KeyboardInterrupt:
        return _stopped()
    say(f"{_size_line(cache)}\n{synthetic_name(cache)}")
    return 0


def _stopped() -> int:
    say("stopped; run the same command again to continue", file=sys.stderr)
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
            measured=measured(arguments.measured),
            progress=True,
            follower=kcf.follow,
        )
    except KeyboardInterrupt:
        return _stopped()
    say(summary(cache))
    bad = [video for video in cache.skipped if not video.leak]
    for video in bad:
        say(f"skipped {video.name}: {video.reason}", file=sys.stderr)
    return 1 if bad else 0


def measured(folders: list[Path] | None) -> Measured:
    """Return the sequences for measuring in ``folders``; None is where they are usually found."""
    found = [place for name in MEASURING if (place := find_data(name))]
    return Measured(measuring_sequences(found if folders is None else folders), progress=True)


def summary(cache: PatchCache) -> str:
    """Return the lines that say what is in a cache."""
    leaks = [video for video in cache.skipped if video.leak]
    measured = len(cache.settings["measured"])
    dropped = f"{len(leaks)} dropped because they show one of the {measured} sequences for measuring"
    skipped = f"{len(cache.skipped) - len(leaks)} skipped"
    lines = [
        _size_line(cache),
        *(f"note on {video.name}: {video.note}" for video in cache.videos if video.note),
        f"{skipped}; {dropped}" if measured else skipped,
        *(f"dropped {video.name}: {video.reason}" for video in leaks),
    ]
    return "\n".join(lines)


def _size_line(cache: PatchCache) -> str:
    size = cache.path.stat().st_size / 2**20
    return f"{cache.path}: {len(cache):,} patches of {len(cache.videos)} videos, {size:.1f} MiB"
