"""The network as a file that other programs run: `torch.export` and ONNX, and a tracker that needs no torch.

Book: chapter 17.
May import: labels, the network, weights; `udtlib.export.tracker` neither the network nor weights, nor torch.
"""
