"""What a reader does to a new demo is heard while the cells after it run, in the thread JupyterLab names."""

import pytest

SECONDS = 60
MADE = """
import time
import numpy as np
from udtlib.widgets.box_picker.widget import pick_box
from udtlib.widgets.own_video.live import Live
from udtlib.widgets.own_video.race import Race
from udtlib.widgets.panel.widget import Panel
frame, pushed = np.full((60, 80, 3), 99, np.uint8), []
panel = Panel(lambda frame: iter([bytes([frame])]), {"frame": 5}, controls=[])
picker = pick_box(frame)
drawn = picker.widget()
race = Race([frame], (20, 20, 9, 9), ("mosse",))
list(race.run())
own = Live(race)
own.upload.track = lambda: pushed.append("Track")
"""
SPEAKING = """
panel.title, drawn.width, own.upload.said = "new", 79, "new"
"""
WAITING = """
end = time.monotonic() + 8
while not (panel.picture == b"\\x06" and picker.box[0] == 7 and pushed) and time.monotonic() < end:
    time.sleep(0.05)
print("heard", list(panel.picture), picker.box, pushed)
"""


@pytest.fixture
def kernel():
    pytest.importorskip("anywidget")
    manager, client = pytest.importorskip("jupyter_client.manager").start_new_kernel()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def published(client, request):
    """Return what is published about a request until all is done."""
    found = []
    while not found or found[-1]["content"].get("execution_state") != "idle":
        message = client.get_iopub_msg(timeout=SECONDS)
        found += [message] if message["parent_header"].get("msg_id") == request else []
    assert not [one["content"] for one in found if one["msg_type"] == "error"]
    return found


def begin_thread(client):
    """Return the id of a thread for controls, which JupyterLab asks for as soon as there is a widget."""
    client.control_channel.send(client.session.msg("create_subshell_request"))
    while "subshell_id" not in (reply := client.get_control_msg(timeout=SECONDS)["content"]):
        pass
    return reply["subshell_id"]


@pytest.mark.parametrize("case", ["named", "not named yet", "after the cell has spoken"])
def test_controls_are_heard_before_the_cell_that_runs_has_ended(case, kernel):
    """JupyterLab learns its thread's id a little after the kernel has made it."""
    opened = [one for one in published(kernel, kernel.execute(MADE)) if one["msg_type"] == "comm_open"]
    states = {one["content"]["comm_id"]: one["content"]["data"]["state"] for one in opened}
    running = kernel.execute(SPEAKING + WAITING if case == "after the cell has spoken" else WAITING)
    thread = begin_thread(kernel)
    sent = {
        "controls": {"method": "update", "state": {"values": {"frame": 6}}},
        "value": {"method": "update", "state": {"value": [7, 8, 20, 20]}},
        "said": {"method": "custom", "content": {"track": True}},
    }
    for name, data in sent.items():
        comm = next(comm for comm, state in states.items() if name in state)
        message = kernel.session.msg("comm_msg", {"comm_id": comm, "data": data | {"buffer_paths": []}})
        if case != "not named yet":
            message["header"]["subshell_id"] = thread
        kernel.shell_channel.send(message)
    said = [one["content"].get("text") for one in published(kernel, running)]
    assert "heard [6] [ 7.  8. 20. 20.] ['Track']\n" in said
