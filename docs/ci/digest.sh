#!/bin/sh
# The digest of a team by cron, on a machine of yours. In the crontab, every Monday at 05:17:
#   17 5 * * 1  /home/harvester/digest.sh 2>>/home/harvester/digest.log
# cron sends what is printed by mail where MAILTO is set: one line a run, and nothing else.
set -eu
umask 077                             # pages and ledger are about people
PATH=$PATH:$HOME/.local/bin           # where pipx and uv put harvester; cron does not look there
cd "${DIGEST_HOME:-$HOME/digest}"     # the folder with harvester.toml, goals.toml and the notebook
report=${DIGEST_REPORT:-digest}
team=${DIGEST_TEAM:-payments}
period=${DIGEST_PERIOD:-last-month}
to=${DIGEST_TO:-github-issue:acme/team}
if command -v flock >/dev/null; then  # two runs at once could write two issues
    exec 9>.lock
    flock 9
fi

status=0
harvester report "$report" --team "$team" --period "$period" --output page.md || status=$?
# 3: a source is incomplete. The page says so, and is published.
case $status in 0 | 3) ;; *) exit "$status" ;; esac

# The token is the only line of that file, which only you can read; it may write issues there and nothing else.
harvester publish page.md --to "$to" --token "file:${DIGEST_TOKEN:-$HOME/.config/harvester/token}"
