"""What a promotion would do: its plan in words, step by step."""

from collections.abc import Iterator

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import indented, listed, said
from ldmrelease.domain.plan import PlacePlan, Plan, Step


def plan_text(plan: Plan) -> str:
    """What a promotion would do: the plan, place by place."""
    lines = ["plan:"]
    for place in plan.places:
        lines += [f"  {place.place} (level {place.level})", *indented(_plan_lines(place), 4)]
    return "\n".join(lines)


def _plan_lines(place: PlacePlan) -> Iterator[str]:
    for step in place.steps:
        yield _step_words(step)
    if place.confirms:
        yield "a failed check restores what was there"


def _step_words(step: Step) -> str:
    match str(step.kind):
        case "claim":
            return "claim the place, and decide again under the claim"
        case "propose":
            return "propose the change by a branch, and by a pull request where there is a forge"
        case "merge":
            return "wait until others have merged it; nothing is claimed meanwhile"
        case "copy":
            components = listed(step.parameters["components"])
            return f"copy {components} to {said(step.parameters['registry'])}, and verify it there"
        case "pull":
            return "let the nodes there fetch the images"
        case "apply":
            wanted = step.parameters["wanted"]
            images = ", ".join(f"{name} {each['spelling']}" for name, each in wanted["images"].items())
            images = images or wanted.get("written", "")
            alias = f"let {wanted['alias']} mean " if wanted.get("alias") else ""
            return printable({"retire": "take away "}.get(wanted["intent"], "write ") + alias + images)
        case "settle":
            return "verify by digest that it is what was promoted"
        case "check":
            return f"run the check {step.parameters['check']}"
        case "receipt":
            return f"sign receipts for {listed([*step.parameters['components'], 'the release'])}"
        case kind:
            return {"publish": "attach the receipts to the images"}.get(kind, kind)
