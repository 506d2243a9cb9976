# Sourced by every history.sh: short words for commits with fixed people and dates, so that hashes never change.
set -eu
ada() { who="Ada Lovelace" mail="ada@example.org" did "$@"; }
grace() { who="Grace Hopper" mail="grace@example.org" did "$@"; }

# did DATE FILE MESSAGE: one more line in FILE, committed by the one whose name stands before it
did() {
    mkdir -p "$(dirname "$2")"
    echo "$1 $3" >>"$2"
    git add -A
    as "$1" git commit --quiet --message "$3"
}

# as DATE COMMAND…: with the author's and the committer's name and date set
as() {
    date=$1
    shift
    GIT_AUTHOR_NAME=$who GIT_AUTHOR_EMAIL=$mail GIT_AUTHOR_DATE=$date \
        GIT_COMMITTER_NAME=$who GIT_COMMITTER_EMAIL=$mail GIT_COMMITTER_DATE=$date "$@"
}

git init --quiet --initial-branch=main .
git config user.name "Ada Lovelace"
git config user.email ada@example.org
