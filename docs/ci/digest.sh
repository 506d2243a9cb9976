#!/bin/sh
# The digest of a team by cron, on a machine of yours. In the crontab, every Monday at 05:17:
#   17 5 * * 1  /home/harvester/digest.sh 2>>/home/harvester/digest.log
# cron sends what is printed by mail where MAILTO is set: one line a run, and nothing else.
set -eu
umask 077                             # pages and ledger are about people
cd "${DIGEST_HOME:-$HOME/digest}"     # the folder with harvester.toml, goals.toml and the notebook
period=${DIGEST_PERIOD:-last-month}
to=${DIGEST_TO:-github-issue:acme/team}

status=0
harvester report "${DIGEST_REPORT:-digest}" --period "$period" --output pages/ || status=$?
# 3: a source is incomplete. The page says so, and is published.
case $status in 0 | 3) ;; *) exit "$status" ;; esac

page=$(ls -t pages/*.md | head -n 1)
# 600 in your home folder, one line; the token may write issues of that repository and nothing else.
harvester publish "$page" --to "$to" --token "file:$HOME/.config/harvester/token"
