"""Pages as people see them: opened in a real Chromium."""
