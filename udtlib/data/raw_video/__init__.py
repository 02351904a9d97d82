"""From a folder of videos to training triplets: decoding, patches, the cache, leaks, augmentation.

Book: chapter 10.
May import: `udtlib.data`; no tracker, it is handed one.
"""
