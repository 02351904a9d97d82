"""Let anywidgets live in the web book: what a notebook stores of one becomes a script of the page, without a kernel."""

import json
from typing import Any

from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PAGE = """<div class="live-demo" id="demo-{name}"></div>
<style>
{style}</style>
<script type="module">
{script}
const values = {state}, calls = [];
const model = {{
  get: (key) => values[key],
  set: (key, value) => {{ values[key] = value; calls.forEach(([name, call]) => name === `change:${{key}}` && call()); }},
  on: (name, call) => {{ calls.push([name, call]); }},
  off: () => {{}}, send: () => {{}}, save_changes: () => {{}},
}};
widget.render({{ model, el: document.getElementById("demo-{name}") }});
</script>
"""
LIBRARY = ("_anywidget", "_css", "_dom", "_esm", "_model", "_view", "layout", "tabbable", "tooltip")


def page_part(name: str, state: dict[str, Any]) -> str:
    """Return the HTML in which an anywidget lives.

    Args:
        name: tells this one from others of the page.
        state: its traits by name, with the ES module ``_esm`` and the style sheet ``_css``. The module
            exports its widget by default, and its top-level names are its own.
    """
    values = {key: value for key, value in state.items() if not key.startswith(LIBRARY)}
    script = state["_esm"].replace("export default", "const widget =").replace("</", "<\\/")
    text = json.dumps(values).replace("<", "\\u003c")
    return PAGE.format(name=name, style=state.get("_css", ""), script=script, state=text)


def stored_state(notebook: NotebookNode, output: NotebookNode) -> dict[str, Any]:
    """Return the traits of the widget that an output shows, empty if it shows none or none is stored."""
    model = output.get("data", {}).get(VIEW, {}).get("model_id", "")
    models = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    return models.get(model, {}).get("state", {})


def live(notebook: NotebookNode, output: NotebookNode) -> NotebookNode:
    """Return an output as it is, or, if it shows an anywidget, as HTML in which that lives."""
    state = stored_state(notebook, output)
    if "_esm" not in state:
        return output
    html = page_part(output["data"][VIEW]["model_id"], state)
    return NotebookNode(output_type="display_data", metadata={}, data={"text/html": html})
