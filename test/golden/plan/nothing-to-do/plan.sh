#!/bin/sh
# Builds the network lab with ip netns. Needs iproute2 and root, or: unshare -Urnm, and a tmpfs on /run.
# "sh THIS-SCRIPT down" takes it down again, or what of it stands after an error.
set -eu
