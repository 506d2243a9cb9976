# The clone of a project on GitHub: two pull requests landed squashed, a commit without any, and one of another matter.
git remote add origin http://localhost/acme/pay.git
ada 2026-07-21T10:00:00+00:00 services/pay/key.py "PAY-7 Refuse a second charge for one key (#1)"
ada 2026-08-08T10:00:00+00:00 services/pay/queue.py "Carry the order's key through the queue (#2)"
grace 2026-08-20T10:00:00+00:00 services/mail/invoice.py "PAY-9: send invoices at night (#3)"
ada 2026-09-01T10:00:00+00:00 docs/oncall.md "PAY-12 docs: what to do when a payment stands still"
ada 2026-09-03T10:00:00+00:00 docs/names.md "docs: write names as UTF-8, sums as SHA-1"
