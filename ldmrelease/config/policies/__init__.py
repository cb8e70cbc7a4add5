"""Policy files of levels."""
