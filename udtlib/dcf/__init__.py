"""The Siamese correlation-filter layer: labels, the closed-form filter, its response, their gradients.

Book: chapters 04 and 05; the spectra shared by several hops, chapter 11.
May import: labels, autograd; nothing of files.
"""

from udtlib.dcf.layer import (
    BACKWARDS,
    DCFLayer,
    dcf_response,
    default_sigma,
    effective_regularisation,
    gaussian_label,
    learn_filter,
    response_map,
)

__all__ = [
    "BACKWARDS",
    "DCFLayer",
    "dcf_response",
    "default_sigma",
    "effective_regularisation",
    "gaussian_label",
    "learn_filter",
    "response_map",
]
