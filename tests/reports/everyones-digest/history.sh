# A project on GitHub, one month: pull requests merged and squashed, two newcomers, a bot, and somebody with a new address.
git remote add origin https://github.com/example/pay.git
linus() { who="Linus Example" mail="${mail_of_linus:-linus@example.org}" did "$@"; }
edsger() { who="Edsger Beispiel" mail="edsger@example.org" did "$@"; }
bot() { who="dependabot[bot]" mail="49699333+dependabot[bot]@users.noreply.github.com" did "$@"; }
merged() { # DATE NUMBER BRANCH TITLE: by Grace, with the branch's name and the title as GitHub writes them
    who="Grace Hopper" mail="grace@example.org" as "$1" \
        git merge --quiet --no-ff --message "Merge pull request #$2 from fork/$3" --message "$4" "$3"
}
grace 2026-01-08T09:00:00+00:00 README.md "Begin"
linus 2026-02-11T10:00:00+00:00 src/search/rank.py "search: rank exact matches first (#3)"
ada 2026-05-19T10:00:00+00:00 src/pay/invoice.py "Batch the ledger reads by customer (#5)"
git checkout --quiet -b keys
ada 2026-06-24T09:00:00+00:00 src/pay/key.py "Carry the order's key"
edsger 2026-06-26T09:00:00+00:00 src/pay/key.py "Refuse a second charge for one key"
git checkout --quiet main
merged 2026-07-02T09:00:00+00:00 7 keys "Refuse a second charge for one key

A payment that is sent twice is charged once: the second attempt has the same key and is answered as the first was."
ada 2026-07-08T10:00:00+00:00 src/pay/queue.py "Carry the order's key through the queue (#8)

A payment that waits keeps its key.

Co-authored-by: Grace Hopper <grace@example.org>
Reviewed-by: Linus Example <linus@example.org>"
mail_of_linus="linus@new.example"
linus 2026-07-13T10:00:00+00:00 src/search/index.py "search: index names without accents (#9)"
bot 2026-07-14T10:00:00+00:00 requirements.txt "Bump urllib3 from 2.2.1 to 2.2.2 (#10)"
grace 2026-07-15T10:00:00+00:00 requirements.txt "Bump idna from 3.6 to 3.7 (#11)"
who="Barbara Primer" mail="barbara@example.org" did 2026-07-21T10:00:00+00:00 src/search/stem.py "search: find plurals too (#12)

Somebody who looks for \`keys\` finds \`key\`."
grace 2026-07-28T10:00:00+00:00 docs/keys.md "docs: why orders have keys"
ada 2026-08-03T10:00:00+00:00 src/pay/log.py "Say in the log which key was refused (#13)"
git update-ref refs/remotes/origin/main main
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
