"""Words of which files of numbers are made that are nearly right; fuzzers share them."""

NUMBERS = (
    *("0", "-0", "1", "12.5", "-3", "1e1", "4.E+01", "NaN", "nan", "-nan", "inf", "-Infinity", "1e400"),
    *("1_0", "٣", ".5"),
)
"""What Python's float takes."""

OTHERS = ("x", "#", "--", "1,2", "0x10", "\0", "\ufeff", "½")
SEPARATORS = (",", ",", "\t", " ", ", ", ";", ",,", "\x0b", "\xa0")
ENDS = ("\n", "\n", "\r\n", "\r", "\n\n", "\n \n", "\x0c", "\u2028")
