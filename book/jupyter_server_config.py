"""Settings of the server that `make lab` starts: reading a chapter does not change it.

JupyterLab writes the reader's Python version and the name of their kernel into a notebook as soon as it saves it,
and it saves it by itself. Here a chapter keeps the metadata it has on disk.
"""

import json
from pathlib import Path


def keep_metadata(model, path, contents_manager, **more):
    """Put a chapter's stored metadata back into what is about to be saved."""
    stored = Path(contents_manager._get_os_path(path)).with_suffix(".ipynb")
    if model["type"] != "notebook" or not stored.is_file() or stored.parent.name != "book":
        return
    notebook = json.loads(stored.read_text("utf-8"))
    content = model["content"]
    content["metadata"], content["nbformat_minor"] = notebook["metadata"], notebook["nbformat_minor"]


c.ContentsManager.pre_save_hook = keep_metadata  # noqa: F821  Jupyter puts c here
