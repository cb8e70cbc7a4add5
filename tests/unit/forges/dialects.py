"""What GitHub and GitLab answer about pull requests, in the shapes that they document."""

from __future__ import annotations

from typing import Any

from tests.unit.forges.git_forge import Answer, Dialect, GitForge, Pull, words


class GitHubDialect(Dialect):
    """REST API 2022-11-28, of a server on premises, for the repository `o/r`."""

    base = "/api/v3"
    token = "Bearer secret"

    def answer(self, forge: GitForge, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if path == "/user":
            return 200, {"login": forge.account}
        match method, words(path):
            case "GET", ["repos", "o", "r", "pulls"]:
                return 200, [
                    self.pull(forge, each)
                    for each in forge.page(self.chosen(forge, query), query, "per_page")
                ]
            case "POST", ["repos", "o", "r", "pulls"]:
                opened = forge.open(body["head"], body["base"], body["title"], body["body"])
                if opened is None:
                    told = f"A pull request already exists for o:{body['head']}."
                    return 422, {"message": "Validation Failed", "errors": [{"message": told}]}
                return 201, self.pull(forge, opened)
            case _, ["repos", "o", "r", "pulls", number]:
                return self.one(forge, method, forge.pulls[int(number)], body)
            case "GET", ["repos", "o", "r", "pulls", number, "reviews"]:
                return 200, forge.page(forge.pulls[int(number)].reviews, query, "per_page")
            case "GET", ["repos", "o", "r", "pulls", number, "files"]:
                return 200, [{"filename": each} for each in forge.changed(forge.pulls[int(number)])]
            case _, ["repos", "o", "r", "issues", number, "comments"]:
                return self.comments(forge, method, forge.pulls[int(number)], query, body)
            case "PATCH", ["repos", "o", "r", "issues", "comments", number]:
                found = next(c for p in forge.pulls.values() for c in p.comments if c["id"] == int(number))
                found["body"] = body["body"]
                return 200, found
            case "GET", ["repos", "o", "r", "issues", number, "events"]:
                queued = forge.pulls[int(number)].queued
                return 200, [{"event": "labeled"}, *([{"event": "added_to_merge_queue"}] if queued else [])]
            case "GET", ["repos", "o", "r", "commits", commit, kind]:
                return self.checks(forge, commit, kind)
            case "GET", ["repos", "o", "r", "branches", *branch]:
                return self.branch(forge, branch)
            case "GET", ["repos", "o", "r", "rules", "branches", name]:
                return 200, forge.protection.get(name, {}).get("rules", [])
        return 404, {"message": "Not Found"}

    def chosen(self, forge: GitForge, query: dict[str, str]) -> list[Pull]:
        state = query.get("state", "open")
        return [
            each
            for each in forge.current()
            if (state == "all" or (each.state == "open") == (state == "open"))
            and ("head" not in query or query["head"] == f"{'x' if each.fork else 'o'}:{each.head}")
            and ("base" not in query or query["base"] == each.base)
        ]

    def one(self, forge: GitForge, method: str, pull: Pull, body: Any) -> Answer:
        forge.current()
        if method == "PATCH":
            if body.get("state") == "closed" and pull.state == "merged":
                return 422, {"message": "Validation Failed"}
            pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
            pull.state = body.get("state", pull.state)
        clean = forge.repository.merges_cleanly(pull.commit, pull.base) if pull.state == "open" else None
        more = {
            "mergeable": clean,
            "mergeable_state": "clean" if clean else "dirty",
            "merged_by": {"login": pull.merged_by} if pull.merged_by else None,
        }
        return 200, self.pull(forge, pull) | more

    def pull(self, forge: GitForge, pull: Pull) -> dict[str, Any]:
        open_ = pull.state == "open"
        return {
            "number": pull.number,
            "html_url": f"{forge.site}/o/r/pull/{pull.number}",
            "state": "open" if open_ else "closed",
            "title": pull.title,
            "body": pull.body or None,
            "user": {"login": pull.author},
            "head": {"ref": pull.head, "sha": pull.commit, "repo": {"id": 2} if pull.fork else {"id": 1}},
            "base": {"ref": pull.base, "sha": "0" * 40, "repo": {"id": 1}},
            "merged_at": "2026-03-02T00:00:00Z" if pull.state == "merged" else None,
            "merge_commit_sha": "f" * 40 if open_ else pull.merge_commit,
            "updated_at": "2026-03-01T00:00:00Z",
        }

    def comments(self, forge: GitForge, method: str, pull: Pull, query: dict[str, str], body: Any) -> Answer:
        if method == "POST":
            number = 1 + sum(len(each.comments) for each in forge.pulls.values())
            pull.comments.append(
                {"id": number, "body": body["body"], "user": {"login": forge.account, "type": "User"}}
            )
            return 201, pull.comments[-1]
        return 200, forge.page(pull.comments, query, "per_page")

    def checks(self, forge: GitForge, commit: str, kind: str) -> Answer:
        found = forge.statuses.get(commit, [])
        if kind == "check-runs":
            ends = {"passed": "success", "failed": "timed_out", "pending": None}
            runs = [{"name": name, "conclusion": ends[verdict]} for name, verdict in found]
            return 200, {"total_count": len(runs), "check_runs": runs}
        return 200, {"state": "success", "statuses": [{"context": "old", "state": "error"}] if found else []}

    def branch(self, forge: GitForge, words_: list[str]) -> Answer:
        branch = forge.protection.get(words_[0], {})
        if words_[1:] == ["protection"]:
            if "protection" not in branch:
                return 403, {"message": "Resource not accessible by personal access token"}
            return 200, branch["protection"]
        if forge.repository.tip(words_[0]) is None:
            return 404, {"message": "Branch not found"}
        return 200, {"name": words_[0], "protected": bool(branch)}


class GitLabDialect(Dialect):
    """REST API v4, for the project `g/s/r`."""

    base = "/api/v4"
    token = "Bearer secret"

    def answer(self, forge: GitForge, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if path == "/user":
            return 200, {"username": forge.account}
        match method, words(path):
            case "GET", ["projects", "g/s/r"]:
                return 200, {
                    "id": 1,
                    "merge_trains_enabled": any(each.queued for each in forge.pulls.values()),
                }
            case "GET", ["projects", "g/s/r", "merge_requests"]:
                return 200, [
                    self.pull(forge, each)
                    for each in forge.page(self.chosen(forge, query), query, "per_page")
                ]
            case "POST", ["projects", "g/s/r", "merge_requests"]:
                opened = forge.open(
                    body["source_branch"], body["target_branch"], body["title"], body["description"]
                )
                if opened is None:
                    return 409, {
                        "message": ["Another open merge request already exists for this source branch: !1"]
                    }
                return 201, self.pull(forge, opened)
            case _, ["projects", "g/s/r", "merge_requests", number]:
                return self.one(forge, method, forge.pulls[int(number)], body)
            case _, ["projects", "g/s/r", "merge_requests", number, *rest]:
                return self.below(forge, method, forge.pulls[int(number)], rest, query, body)
            case "GET", ["projects", "g/s/r", "merge_trains", "merge_requests", number]:
                return (
                    (200, {"id": 1})
                    if forge.pulls[int(number)].queued
                    else (404, {"message": "404 Not found"})
                )
            case "GET", ["projects", "g/s/r", "repository", "commits", commit, "statuses"]:
                spelled = {"passed": "success", "failed": "failed", "pending": "running"}
                found = forge.statuses.get(commit, [])
                return 200, [{"name": name, "status": spelled[verdict]} for name, verdict in found]
            case "GET", ["projects", "g/s/r", "repository", "branches", branch]:
                if forge.repository.tip(branch) is None:
                    return 404, {"message": "404 Branch Not Found"}
                return 200, {
                    "name": branch,
                    "protected": branch in forge.protection,
                    "can_push": branch not in forge.protection,
                }
            case "GET", ["projects", "g/s/r", kind] if kind in ("push_rule", "approval_rules"):
                return 200, {
                    kind: found for each in forge.protection.values() for kind, found in each.items()
                }[kind]
        return 404, {"error": "404 Not Found"}

    def chosen(self, forge: GitForge, query: dict[str, str]) -> list[Pull]:
        state = query.get("state", "all")
        spelled = {"open": "opened"}
        return [
            each
            for each in forge.current()
            if state in ("all", spelled.get(each.state, each.state))
            and query.get("source_branch", each.head) == each.head
            and query.get("target_branch", each.base) == each.base
        ]

    def one(self, forge: GitForge, method: str, pull: Pull, body: Any) -> Answer:
        forge.current()
        if method == "PUT":
            if body.get("state_event") == "close":
                if pull.state != "open":
                    return 422, {"message": {"state": ["cannot transition"]}}
                pull.state = "closed"
            pull.title, pull.body = body.get("title", pull.title), body.get("description", pull.body)
        return 200, self.pull(forge, pull)

    def below(
        self, forge: GitForge, method: str, pull: Pull, rest: list[str], query: dict[str, str], body: Any
    ) -> Answer:
        match method, rest:
            case "GET", ["approvals"]:
                approved = [each for each in pull.reviews if each["state"] == "approved"]
                return 200, {
                    "approved_by": [{"user": each["user"], "approved_at": each["at"]} for each in approved]
                }
            case "GET", ["reviewers"]:
                return 200, [{"user": each["user"], "state": each["state"]} for each in pull.reviews]
            case "GET", ["diffs"]:
                return 200, [{"old_path": each, "new_path": each} for each in forge.changed(pull)]
            case "GET", ["versions"]:
                return 200, [
                    {"head_commit_sha": commit, "created_at": at} for commit, at in reversed(pull.versions)
                ]
            case "GET", ["notes"]:
                return 200, forge.page(pull.comments, query, "per_page")
            case "POST", ["notes"]:
                author = {"username": forge.account}
                pull.comments.append({"id": len(pull.comments) + 1, "body": body["body"], "author": author})
                return 201, pull.comments[-1]
            case "PUT", ["notes", number]:
                pull.comments[int(number) - 1]["body"] = body["body"]
                return 200, pull.comments[int(number) - 1]
        return 404, {"error": "404 Not Found"}

    def pull(self, forge: GitForge, pull: Pull) -> dict[str, Any]:
        clean = pull.state == "open" and forge.repository.merges_cleanly(pull.commit, pull.base)
        return {
            "iid": pull.number,
            "web_url": f"{forge.site}/g/s/r/-/merge_requests/{pull.number}",
            "state": {"open": "opened"}.get(pull.state, pull.state),
            "title": pull.title,
            "description": pull.body,
            "source_branch": pull.head,
            "target_branch": pull.base,
            "source_project_id": 2 if pull.fork else 1,
            "target_project_id": 1,
            "sha": pull.commit,
            "author": {"username": pull.author},
            "merge_user": {"username": pull.merged_by} if pull.merged_by else None,
            "merge_commit_sha": pull.merge_commit,
            "detailed_merge_status": "mergeable" if clean else "conflict",
            "updated_at": "2026-03-01T00:00:00.000Z",
        }
