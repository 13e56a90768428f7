#!/usr/bin/env bash
# Report a failed run in an issue: open one, or add a comment to the one that is open.
#   .github/report.sh TITLE COMMAND
# COMMAND repeats the failure elsewhere. GH_TOKEN and GH_REPO are for gh; GitHub sets the rest.
set -euo pipefail
title=$1
command=$2
run="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"

issue=$(gh issue list --state open --limit 500 --json number,title \
  --jq "map(select(.title == \"$title\"))[0].number // empty")
if [[ -n $issue ]]; then
  gh issue comment "$issue" --body "It failed again: $run"
else
  gh issue create --title "$title" \
    --body "The weekly run failed: $run"$'\n\n'"To see it on your machine: \`$command\`. Close this issue when it passes."
fi
