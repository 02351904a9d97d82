"""From a folder of videos to training triplets: decoding, patches, the cache, leaks, augmentation.

Book: chapter 10.
May import: `udtlib.errors`, `udtlib.frames`, `udtlib.boxes`, the modules of `udtlib.data` itself.
"""
