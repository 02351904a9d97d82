"""The checks of exercises, one module a chapter; the library itself never imports them."""
