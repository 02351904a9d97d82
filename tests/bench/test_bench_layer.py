"""What ``udt bench --layer`` writes."""

import json
import sys
from math import isnan, nan

from udtlib.bench import layer
from udtlib.bench.layer import LayerCost, layer_table, layer_to_dict


def test_memory_that_was_not_measured_is_null_in_json(monkeypatch):
    costs = [LayerCost("autograd", 4.0, nan), LayerCost("closed-form", 2.0, nan)]
    content = json.loads(json.dumps(layer_to_dict(costs, 2), allow_nan=False))
    assert content["costs"][1] == {"backward": "closed-form", "milliseconds": 2.0, "peak_mib": None}
    assert content["ratios"] == {"closed-form": {"time": 0.5, "memory": None}}
    assert "closed-form / autograd: time 0.50, memory nan" in layer_table(costs)
    assert layer.peak_memory() > 10, "MiB, of a process that has imported torch"
    monkeypatch.setattr(sys, "platform", "win32")
    assert isnan(layer.peak_memory())
