"""Where settings are kept: files in git, ConfigMaps, Kubernetes objects."""
