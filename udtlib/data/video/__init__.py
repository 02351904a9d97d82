"""Videos as frames: an opened file or camera, the child process that decodes it, and videos written.

Book: chapters 00 and 10.
May import: what `udtlib.data` may, to which it belongs.
"""
