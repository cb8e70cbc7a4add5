"""The site of the documents: `make docs`. The pages are the Markdown files as they are read without it."""

from importlib.metadata import version as _version

project = "ldmrelease"
version = release = _version("ldmrelease")
language = "en"

extensions = ["myst_parser"]
# A heading can be linked to, as on the pages of a git host.
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "ldmrelease"
html_copy_source = False
html_show_sphinx = False
