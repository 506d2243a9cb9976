# The clone of a project on GitHub: two pull requests landed squashed, and one commit without any.
git remote add origin http://localhost/acme/pay.git
ada 2026-07-21T10:00:00+00:00 services/pay/key.py "Refuse a second charge for one key (#1)"
ada 2026-08-08T10:00:00+00:00 services/pay/queue.py "Carry the order's key through the queue (#2)"
grace 2026-08-20T10:00:00+00:00 services/mail/invoice.py "Send invoices at night (#3)"
ada 2026-09-01T10:00:00+00:00 docs/oncall.md "docs: what to do when a payment stands still"
