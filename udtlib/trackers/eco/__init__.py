"""The ECO formulation of a correlation filter: continuous, spatially penalised, with a memory of samples.

Danelljan, Bhat, Khan and Felsberg, CVPR 2017, on C-COT (ECCV 2016). One module an ingredient; `filter` puts
them together for any features, `udtlib.trackers.udt_plus` puts the paper's features in.
Book: chapter 12.
May import: what `udtlib.trackers` may.
"""
