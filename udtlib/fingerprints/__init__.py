"""What an object is made of, in a few letters: equal in every process and run, other once anything changed.

Evaluation asks whether a result on the disk belongs to the tracker at hand, training whether a run goes on
with the code it began with.
Book: chapter 13.
May import: nothing of the library.
"""

from udtlib.fingerprints.files import file_fingerprint, files_fingerprint
from udtlib.fingerprints.objects import fingerprint
from udtlib.fingerprints.walk import Fingerprint

__all__ = ["Fingerprint", "file_fingerprint", "files_fingerprint", "fingerprint"]
