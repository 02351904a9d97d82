"""Results of other toolkits, read and written: OTB's MATLAB files, pysot's and got10k's folders.

Book: chapter 13.
May import: `udtlib.data` and its benchmarks, `udtlib.evaluation` and its results.
"""
