# The clone of a project on GitLab, into which merge requests came in each of its ways.
git remote add origin http://localhost/acme/web/pay.git
grace 2026-06-01T09:00:00+00:00 README.md "Begin"
# !1 by a merge commit, whose author is who pressed Merge.
git checkout --quiet -b key
ada 2026-07-19T10:00:00+00:00 services/pay/key.py "Hold the key of the order"
ada 2026-07-20T10:00:00+00:00 services/pay/key.py "Refuse the second charge"
git checkout --quiet main
who="Grace Hopper" mail="grace@example.org" as 2026-07-21T10:00:00+00:00 \
    git merge --quiet --no-ff --message "Merge branch 'key' into 'main'

PAY-7: Refuse a second charge for one key

See merge request acme/web/pay!1" key
# !2 squashed and fast-forwarded: GitLab's own template has the title alone.
ada 2026-08-08T10:00:00+00:00 services/pay/queue.py "PAY-7: Carry the order's key through the queue"
# !3 squashed with a template that names it.
grace 2026-08-20T10:00:00+00:00 services/mail/invoice.py "Send invoices at night

See merge request acme/web/pay!3"
# !4 fast-forwarded as it was.
ada 2026-08-25T10:00:00+00:00 services/pay/retry.py "Retry with the same key"
ada 2026-08-26T10:00:00+00:00 services/pay/retry.py "Give up after an hour"
ada 2026-09-01T10:00:00+00:00 docs/oncall.md "docs: what to do when a payment stands still"
