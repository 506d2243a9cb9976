git remote add origin https://user:secret@github.com/example/pay.git
grace 2026-06-01T09:00:00+00:00 README.md "Begin"
git checkout --quiet -b retries
ada 2026-07-01T09:00:00+00:00 services/pay/key.py "Carry the order's key"
ada 2026-07-02T09:00:00+00:00 services/pay/key.py "Refuse a second charge

Closes: PAY-7"
git checkout --quiet main
who="Grace Hopper" mail="grace@example.org" as 2026-07-21T09:00:00+00:00 \
    git merge --quiet --no-ff --message "Merge pull request #118 from ada/retries

Refuse a second charge for one key" retries
ada 2026-08-08T09:00:00+00:00 services/pay/queue.py "Carry the order's key through the queue (#120)

Co-authored-by: Grace Hopper <grace@example.org>
Co-authored-by: Claude <noreply@anthropic.com>"
grace 2026-08-20T09:00:00+00:00 services/pay/invoice.py "Nightly invoices in one hour (#131)

Co-authored-by: Ada Lovelace <ada@example.org>"
ada 2026-09-01T09:00:00+00:00 docs/runbook.md "docs: what to do when the queue stands still"
git update-ref refs/remotes/origin/main main
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
