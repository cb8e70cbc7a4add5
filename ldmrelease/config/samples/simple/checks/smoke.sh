#!/bin/sh
# A smoke test as a stand-in for yours, such as
#     curl -fsS "https://$LDMRELEASE_ENVIRONMENT.shop.example/healthz"
# What it is told: LDMRELEASE_TAG, LDMRELEASE_ENVIRONMENT, LDMRELEASE_APPLICATION, and
# LDMRELEASE_IMAGE_<COMPONENT> with each image by digest.
status=0
report() {
    if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; status=1; fi
}
test -n "$LDMRELEASE_TAG"
report $? names-a-release
env | grep -q '^LDMRELEASE_IMAGE_.*@sha256:'
report $? has-images
exit $status
