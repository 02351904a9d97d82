"""Reading one image: channels, depths, damaged files, sizes that a file only claims."""

import io
import struct
import tracemalloc
import warnings
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from udtlib.cli import main
from udtlib.data.image_header import Header, is_animated_gif, read_header
from udtlib.data.images import LARGEST_IMAGE, ImageFiles, largest_image, read_image
from udtlib.errors import DataError, MissingDataError, OptionError


@pytest.fixture
def colour():
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def smooth(height=96, width=128):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 2 % 256, y * 2 % 256, (x + y) % 256], -1).astype(np.uint8)


def test_channels_are_red_green_blue(tmp_path, colour):
    cv2.imwrite(str(tmp_path / "a.png"), colour[:, :, ::-1])
    image = read_image(tmp_path / "a.png")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, colour)


def test_grey_becomes_three_channels_and_alpha_is_dropped(tmp_path, colour):
    cv2.imwrite(str(tmp_path / "grey.png"), colour[:, :, 0])
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([colour[:, :, ::-1], colour[:, :, 0]]))
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), colour[:, :, :1].repeat(3, 2))
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), colour)


@pytest.mark.parametrize("progressive", [0, 1])
def test_truncated_jpeg_is_refused_wherever_it_is_cut(tmp_path, progressive):
    path = tmp_path / "0001.jpg"
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive]
    cv2.imwrite(str(path), smooth(), options)
    whole = path.read_bytes()
    assert np.abs(read_image(path).astype(int) - smooth()[:, :, ::-1]).mean() < 5
    for kept in (len(whole) - 1, len(whole) // 2, len(whole) // 4, 30, 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=r"0001\.jpg"):
            read_image(path)


def test_truncation_is_seen_without_help_from_the_decoder(tmp_path):
    whole = cv2.imencode(".jpg", smooth())[1].tobytes()
    assert read_header(whole) == Header("JPEG", 128, 96, 3)
    for kept in range(len(whole)):
        header = read_header(whole[:kept])
        assert header is None or not header.whole
    assert read_header(whole[: len(whole) // 2]) == Header("JPEG", 128, 96, 3, whole=False)


TRAILERS = {
    "a video": b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40,
    "marks of a scan": b"\xff\xda\0\x08" + b"\x55" * 99,
    "a second image that is cut off": cv2.imencode(".jpg", smooth())[1].tobytes()[:-300],
    "words": b"a camera's own notes",
}


@pytest.mark.parametrize("trailer", TRAILERS)
def test_bytes_after_the_end_of_a_jpeg_are_not_its_own(tmp_path, trailer):
    """Motion photos hold a video there, which may contain any markers."""
    whole = cv2.imencode(".jpg", smooth())[1].tobytes()
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole)
    expected = read_image(path)
    path.write_bytes(whole + TRAILERS[trailer])
    np.testing.assert_array_equal(read_image(path), expected)
    for kept in (len(whole) // 2, len(whole) - 2):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match="truncated JPEG"):
            read_image(path)


def test_a_thumbnail_does_not_end_a_jpeg(tmp_path):
    """Its own end marker lies in a segment; the image around it is cut off."""
    whole, thumbnail = (cv2.imencode(".jpg", smooth()[::step, ::step])[1].tobytes() for step in (1, 4))
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole[:2] + segment + whole[2:])
    assert read_image(path).shape == (96, 128, 3)
    assert read_header(path.read_bytes()) == Header("JPEG", 128, 96, 3)
    path.write_bytes((whole[:2] + segment + whole[2:])[:-900])
    with pytest.raises(DataError, match="truncated JPEG"):
        read_image(path)


def encoded(image, suffix, **options):
    file = io.BytesIO()
    image.save(file, suffix, **options)
    return file.getvalue()


def with_alpha(image):
    image = image.copy()
    image.putalpha(Image.fromarray((np.mgrid[:96, :128][1] * 2).astype(np.uint8)))
    return image


def without_adobe(jpeg):
    """Remove the segment that says that CMYK is stored inverted."""
    place = jpeg.index(b"\xff\xee")
    return jpeg[:place] + jpeg[place + 2 + int.from_bytes(jpeg[place + 2 : place + 4]) :]


COLOUR = Image.fromarray(smooth())
DEEP = smooth().astype(np.uint16) * 257 - 100
CASES = {
    "rgb.png": encoded(COLOUR, "PNG"),
    "grey.png": encoded(COLOUR.convert("L"), "PNG"),
    "grey and alpha.png": encoded(with_alpha(COLOUR).convert("LA"), "PNG"),
    "palette.png": encoded(COLOUR.quantize(64), "PNG"),
    "transparent palette.png": encoded(COLOUR.quantize(16), "PNG", transparency=3),
    "black and white.png": encoded(COLOUR.convert("1"), "PNG"),
    "alpha.png": encoded(with_alpha(COLOUR), "PNG"),
    "rgb.bmp": encoded(COLOUR, "BMP"),
    "palette.bmp": encoded(COLOUR.quantize(64), "BMP"),
    "grey.bmp": encoded(COLOUR.convert("L"), "BMP"),
    "palette.gif": encoded(COLOUR, "GIF"),
    "rgb.webp": encoded(COLOUR, "WEBP", lossless=True),
    "lossy.webp": encoded(COLOUR, "WEBP"),
    "alpha.webp": encoded(with_alpha(COLOUR), "WEBP", lossless=True, exact=True),
    "rgb.jpg": encoded(COLOUR, "JPEG"),
    "grey.jpg": encoded(COLOUR.convert("L"), "JPEG"),
    "progressive.jpg": encoded(COLOUR, "JPEG", progressive=True),
    "cmyk.jpg": encoded(COLOUR.convert("CMYK"), "JPEG"),
    "cmyk, not inverted.jpg": without_adobe(encoded(COLOUR.convert("CMYK"), "JPEG")),
    "rgb.tif": encoded(COLOUR, "TIFF"),
    "grey.tif": encoded(COLOUR.convert("L"), "TIFF"),
    "palette.tif": encoded(COLOUR.quantize(64), "TIFF"),
    "alpha.tif": encoded(with_alpha(COLOUR), "TIFF"),
    "cmyk.tif": encoded(COLOUR.convert("CMYK"), "TIFF"),
    "black and white.tif": encoded(COLOUR.convert("1"), "TIFF", compression="group4"),
    "lzw.tif": encoded(COLOUR, "TIFF", compression="tiff_lzw"),
    "jpeg.tif": encoded(COLOUR, "TIFF", compression="jpeg"),
}


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_image_reads_as_pillow_reads_it(tmp_path, name):
    (tmp_path / name).write_bytes(CASES[name])
    expected = np.asarray(Image.open(tmp_path / name).convert("RGB"))
    image = read_image(tmp_path / name)
    assert (image.dtype, image.shape) == (np.uint8, (96, 128, 3))
    assert np.abs(image.astype(int) - expected).max() <= (2 if "jp" in name or "lossy" in name else 0)
    header = read_header(CASES[name])
    assert (header.width, header.height) == (128, 96)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_of_sixteen_bits_the_upper_eight_are_kept(tmp_path, suffix):
    cv2.imwrite(str(tmp_path / f"rgb{suffix}"), DEEP[:, :, ::-1])
    cv2.imwrite(str(tmp_path / f"grey{suffix}"), DEEP[:, :, 0])
    np.testing.assert_array_equal(read_image(tmp_path / f"rgb{suffix}"), DEEP >> 8)
    np.testing.assert_array_equal(read_image(tmp_path / f"grey{suffix}"), (DEEP >> 8)[:, :, :1].repeat(3, 2))


def test_an_image_of_floating_point_numbers_is_refused(tmp_path):
    Image.fromarray(smooth()[:, :, 0].astype(np.float32)).save(tmp_path / "depth.tif")
    with pytest.raises(DataError, match=r"depth\.tif.*32 bits a channel; expected at most 16"):
        read_image(tmp_path / "depth.tif")


def png_of(width, height):
    """A small file of one bit a pixel that decodes to 24 bits for each, without making these here."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def claiming(name, width=60_000, height=60_000):
    """The start of a file of each format that claims a size, its own small pixels behind."""
    if name == "PNG":
        return CASES["rgb.png"][:16] + struct.pack(">II", width, height) + CASES["rgb.png"][24:]
    if name == "JPEG":
        place = CASES["rgb.jpg"].index(b"\xff\xc0") + 5
        return CASES["rgb.jpg"][:place] + struct.pack(">HH", height, width) + CASES["rgb.jpg"][place + 4 :]
    if name == "BMP":
        return CASES["rgb.bmp"][:18] + struct.pack("<ii", width, -height) + CASES["rgb.bmp"][26:]
    if name == "GIF":
        return CASES["palette.gif"][:6] + struct.pack("<HH", width, height) + CASES["palette.gif"][10:]
    if name == "WebP":
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        return b"RIFF\x80\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size + CASES["rgb.webp"][12:]
    tiff = bytearray(CASES["rgb.tif"])
    place = struct.unpack_from("<I", tiff, 4)[0] + 2
    tags = {256: width, 257: height}
    for entry in range(place, place + 12 * struct.unpack_from("<H", tiff, place - 2)[0], 12):
        tag = struct.unpack_from("<H", tiff, entry)[0]
        if tag in tags:
            struct.pack_into("<HII", tiff, entry + 2, 4, 1, tags[tag])
    return bytes(tiff)


@pytest.mark.parametrize("name", ["BMP", "GIF", "JPEG", "PNG", "TIFF", "WebP"])
def test_a_claimed_size_is_checked_before_anything_is_decoded(tmp_path, monkeypatch, name):
    path = tmp_path / "0001.png"
    path.write_bytes(claiming(name))
    header = read_header(path.read_bytes())
    assert (header.format, header.width, header.height) == (name, 60_000, 60_000)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError) as refusal:
            read_image(path)
    for part in ("0001.png", "60000x60000", f"{LARGEST_IMAGE:,}", "UDT_LARGEST_IMAGE=3600000000"):
        assert part in str(refusal.value)


def test_the_limit_can_be_raised_and_lowered(tmp_path, monkeypatch):
    path = tmp_path / "0001.png"
    path.write_bytes(CASES["rgb.png"])
    assert largest_image() == LARGEST_IMAGE
    monkeypatch.setenv("UDT_LARGEST_IMAGE", str(96 * 128 - 1))
    with pytest.raises(DataError, match=r"128x96 pixels, more than the limit of 12,287; .*=12288"):
        read_image(path)
    monkeypatch.setenv("UDT_LARGEST_IMAGE", str(96 * 128))
    assert read_image(path).shape == (96, 128, 3)
    for wrong in ("all", "-1", "0", "1e9", "9" * 30, "٣"):
        monkeypatch.setenv("UDT_LARGEST_IMAGE", wrong)
        with pytest.raises(OptionError, match="UDT_LARGEST_IMAGE: expected"):
            read_image(path)


@pytest.mark.parametrize("name", ["BMP", "GIF", "JPEG", "PNG", "TIFF", "WebP"])
def test_a_false_size_below_a_raised_limit_is_our_error_too(tmp_path, monkeypatch, name):
    """OpenCV has limits of its own, and says so with an error of its own."""
    monkeypatch.setenv("UDT_LARGEST_IMAGE", str(10**12))
    size = (2_000_000, 3) if name == "TIFF" else (60_000, 60_000)
    (tmp_path / "0001.png").write_bytes(claiming(name, *size))
    with pytest.raises(DataError, match=r"0001\.png"):
        read_image(tmp_path / "0001.png")


def test_a_small_file_that_decodes_to_gigabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "0001.png"
    path.write_bytes(png_of(16_000, 16_000))
    assert path.stat().st_size < 1e5
    tracemalloc.start()
    with pytest.raises(DataError, match="16000x16000 pixels"):
        read_image(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6


def test_track_names_the_image_that_is_too_large(tmp_path, capsys):
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "0001.png").write_bytes(claiming("PNG"))
    assert main(["track", str(tmp_path / "clip"), "--box", "1,1,9,9"]) == 2
    printed = capsys.readouterr().err
    assert "0001.png: 60000x60000 pixels" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("name", ["rgb.tif", "cmyk.jpg", "rgb.png"])
def test_pillows_own_limit_has_no_say(tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(CASES[name])
    for limit in (1, 96 * 128 - 1):  # an error of Pillow's, a warning
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read_image(tmp_path / name).shape == (96, 128, 3)
        assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiles_larger_than_their_image_count(tmp_path, order):
    tags = {256: 8, 257: 8, 322: 60_000, 323: 60_000}
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    entries = [struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags.items()]
    (tmp_path / "a.tif").write_bytes(start + b"".join(entries) + bytes(99))
    with pytest.raises(DataError, match="60000x60000 pixels"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["rgb.jpg", "cmyk.jpg", "rgb.tif"])
def test_a_camera_that_was_turned_gives_an_upright_image(tmp_path, name):
    """Whichever library decodes it: the orientation is part of the file."""
    exif = Image.Exif()
    exif[274] = 6
    how = {"tiffinfo": {274: 6}} if name.endswith("tif") else {"exif": exif}
    COLOUR.convert("CMYK" if "cmyk" in name else "RGB").save(tmp_path / name, **how)
    upright = np.rot90(read_image_bytes(tmp_path, CASES[name]), -1)
    image = read_image(tmp_path / name)
    assert image.shape == (128, 96, 3)
    assert np.abs(image.astype(int) - upright).mean() < 3


def read_image_bytes(folder, data):
    (folder / "plain").write_bytes(data)
    return read_image(folder / "plain")


def test_headers_that_are_cut_off_or_foreign():
    for data in CASES.values():
        for kept in range(40):
            read_header(data[:kept])
    assert read_header(b"") is None
    assert read_header(b"\xff\xd8\xff\xd9") is None
    assert read_header(b"II*\0\xff\xff\xff\xff") is None
    assert read_header(b"P6 60000 60000 255\n") is None


def test_a_gif_of_several_pictures_is_told_from_one():
    frames = [Image.fromarray(np.roll(smooth(), 9 * k, axis=1)) for k in range(3)]
    animated = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert is_animated_gif(animated)
    assert not is_animated_gif(CASES["palette.gif"])
    for kept in range(0, len(CASES["palette.gif"]), 7):
        assert not is_animated_gif(animated[:kept])


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_unreadable_image_names_the_file(tmp_path, content):
    (tmp_path / "0007.png").write_bytes(content)
    with pytest.raises(DataError, match=r"0007\.png"):
        read_image(tmp_path / "0007.png")


def test_absent_image_names_the_file(tmp_path):
    with pytest.raises(MissingDataError, match=r"0009\.jpg"):
        read_image(tmp_path / "0009.jpg")
    with pytest.raises(MissingDataError, match="no such image"):
        read_image(tmp_path)


def test_image_files_are_read_on_in_another_current_folder(tmp_path, monkeypatch):
    cv2.imwrite(str(tmp_path / "0.png"), np.full((4, 4, 3), 7, np.uint8))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    frames = ImageFiles(["0.png"])
    monkeypatch.chdir("other")
    assert int(frames[0][0, 0, 0]) == 7


def test_image_files_are_lazy_and_sliced_lazily(tmp_path):
    for number in range(6):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((4, 4, 3), number, np.uint8))
    frames = ImageFiles(tmp_path / f"{number}.png" for number in (*range(6), 99))
    part = frames[1:6:2]
    assert len(frames) == 7
    assert [int(frame[0, 0, 0]) for frame in part] == [1, 3, 5]
    assert int(part[-1][0, 0, 0]) == int(part[1:][1][0, 0, 0]) == 5
    with pytest.raises(MissingDataError):
        frames[-1]
    for outside in (7, -8):
        with pytest.raises(IndexError):
            frames[outside]
    with pytest.raises(IndexError):
        part[3]
