"""Fetch the scripts of other projects that the web book serves itself, so that its pages ask no other server.

`npm pack` fetches each package; it must have the SHA-512 noted here. What was fetched is kept in the build folder,
so that only the first build needs a network.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple


class Package(NamedTuple):
    """A package of npm: name with version, SHA-512 in base64, and which of its files are served.

    Attributes:
        name: as npm takes it, with the version.
        digest: SHA-512 of the packed file, in base64.
        root: folder inside the package from which the paths below count.
        files: patterns of paths; a star matches slashes too.
    """

    name: str
    digest: str
    root: str
    files: tuple[str, ...]


MATHJAX = Package(
    "mathjax@3.2.2",
    "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
    "package/es5/",
    ("tex-mml-chtml.js", "input/tex/extensions/*.js", "output/chtml/fonts/woff-v2/*.woff"),
)
LARGEST = 64 << 20  # bytes of one file; the largest we serve has 1.2 MB


def fetched(package: Package, folder: Path) -> Path:
    """Return the packed file of ``package``, fetched by npm into ``folder`` and checked.

    Raises:
        SystemExit: npm is missing, found no such package or no network, or the file is another than ours.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing; it fetches MathJax. On Debian or Ubuntu: apt-get install npm")
    command = [npm, "pack", "--silent", package.name, "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    packed = sorted(folder.glob("*.tgz"))
    if done.returncode or len(packed) != 1:
        raise SystemExit(f"npm could not fetch {package.name}; is there a network?\n{done.stderr.strip()}")
    digest = base64.b64encode(hashlib.sha512(packed[0].read_bytes()).digest()).decode()
    if digest != package.digest:
        raise SystemExit(
            f"{package.name}: SHA-512 {package.digest} expected, {digest} found; nothing was kept"
        )
    return packed[0]


def unpack(packed: Path, package: Package, folder: Path) -> None:
    """Write the files of ``package`` that are served into ``folder``.

    Raises:
        SystemExit: a pattern names no file, or a file leads out of the folder or is too large.
    """
    missing = set(package.files)
    with tarfile.open(packed) as archive:
        for member in archive:
            path = member.name.removeprefix(package.root)
            patterns = {pattern for pattern in package.files if fnmatch(path, pattern)}
            content = archive.extractfile(member) if patterns and member.isfile() else None
            if content is None:
                continue
            target = (folder / path).resolve()
            if folder.resolve() not in target.parents or member.size > LARGEST:
                raise SystemExit(f"{package.name}: {member.name} is not a file we can serve")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            missing -= patterns
    if missing:
        raise SystemExit(f"{package.name}: no file {', '.join(sorted(missing))} in it")


def vendor(folder: Path, packages: tuple[Package, ...] = (MATHJAX,)) -> None:
    """Make sure that ``folder`` holds every package in a folder of its name, such as ``mathjax-3.2.2``."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        target = folder / package.name.replace("@", "-")
        if target.exists():
            continue
        print(f"fetching {package.name}", flush=True)
        with TemporaryDirectory(dir=folder, prefix=".") as name:
            part = Path(name) / "files"
            unpack(fetched(package, Path(name)), package, part)
            part.rename(target)
