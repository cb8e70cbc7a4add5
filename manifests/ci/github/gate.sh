#!/usr/bin/env bash
# Runs `ldmrelease gate merge` in its image; action.yml says what each variable is.
set -euo pipefail

fail() {
    printf '::error title=ldmrelease gate::%s\n' "${1//[^[:print:]]/ }"
    exit 2
}

[[ $GATE_IMAGE =~ ^[^[:space:]]+@sha256:[0-9a-f]{64}$ ]] ||
    fail "image has to be named by digest (NAME@sha256:...); found '$GATE_IMAGE'"
[[ -n $GATE_BASE && -n $GATE_HEAD ]] ||
    fail "base and head are empty: run this on pull_request, or say which revisions to compare"

reports=$(mktemp -d "$RUNNER_TEMP/ldmrelease.XXXXXX")
container=(
    run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges
    --user "$(id -u):$(id -g)" --network "$GATE_NETWORK"
    --env HOME=/tmp --volume "$GITHUB_WORKSPACE:/tree:ro" --volume "$reports:/reports" --workdir /tree
)
# Registries are logged in to by earlier steps, as docker keeps it.
docker_config=${DOCKER_CONFIG:-$HOME/.docker}
if [[ -f $docker_config/config.json ]]; then
    container+=(--volume "$docker_config/config.json:/docker/config.json:ro" --env DOCKER_CONFIG=/docker)
fi
gate=(
    -C "/tree/$GATE_WORKSPACE" gate merge "--base=$GATE_BASE" "--head=$GATE_HEAD" --tree /tree --output github
    --report json=/reports/gate.json --report sarif=/reports/gate.sarif --report junit=/reports/gate.xml
    --report github-summary=/reports/summary.md
)
[[ -z $GATE_BUNDLE ]] || gate+=("--bundle=$GATE_BUNDLE")
[[ -z $GATE_TRUST ]] || gate+=("--trust=$GATE_TRUST")
[[ -z $GATE_TRUST_DIGEST ]] || gate+=("--trust-digest=$GATE_TRUST_DIGEST")
[[ $GATE_STRICT != true ]] || gate+=(--strict)
if [[ -n $GATE_COMMENT && $GATE_NETWORK != none ]]; then
    container+=(--env GH_TOKEN)
    gate+=("--comment=$GATE_COMMENT")
fi

code=0
docker "${container[@]}" "$GATE_IMAGE" "${gate[@]}" || code=$?
if [[ -f $reports/summary.md ]]; then
    cat "$reports/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
verdict=undecided
if [[ -f $reports/gate.json ]]; then
    verdict=$(grep -om1 '^  "verdict": "[a-z]*"' "$reports/gate.json" | cut -d'"' -f4)
fi
{
    echo "verdict=$verdict"
    echo "json=$reports/gate.json"
    echo "sarif=$reports/gate.sarif"
    echo "junit=$reports/gate.xml"
} >>"$GITHUB_OUTPUT"
exit "$code"
