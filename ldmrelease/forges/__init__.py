"""Forges: where pull requests are, such as GitHub, GitLab and Gitea."""
