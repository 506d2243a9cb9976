# Nine months of the clone of acme/pay: Ada, Grace from July on, Linus. Pull requests landed squashed.
git remote add origin http://localhost/acme/pay.git
linus() { who="Linus Example" mail="linus@example.org" did "$@"; }
linus 2026-01-08T09:00:00+00:00 README.md "Begin"
ada 2026-01-20T10:00:00+00:00 services/pay/order.py "Give each order a key"
linus 2026-02-11T10:00:00+00:00 services/search/rank.py "search: rank exact matches first (#1)"
ada 2026-03-12T10:00:00+00:00 docs/adr/0001-keys.md "docs: why orders have keys"
ada 2026-05-19T10:00:00+00:00 services/pay/invoice.py "Batch the ledger reads by customer (#2)"
linus 2026-06-23T10:00:00+00:00 services/search/index.py "search: index names without accents"
ada 2026-07-21T10:00:00+00:00 services/pay/key.py "PAY-7 Refuse a second charge for one key (#3)"
grace 2026-07-28T10:00:00+00:00 services/mail/letter.py "mail: greet customers by their names (#4)"
ada 2026-08-08T10:00:00+00:00 services/pay/queue.py "Carry the order's key through the queue (#5)

Co-authored-by: Grace Hopper <grace@example.org>"
grace 2026-08-20T10:00:00+00:00 services/mail/invoice.py "PAY-9: send invoices at night (#6)"
ada 2026-09-01T10:00:00+00:00 docs/oncall.md "PAY-12 docs: what to do when a payment stands still"
grace 2026-09-14T10:00:00+00:00 services/mail/retry.py "mail: try again after an hour (#7)"
linus 2026-09-17T10:00:00+00:00 requirements.txt "Bump urllib3 from 2.2.1 to 2.2.2"
ada 2026-09-22T10:00:00+00:00 services/pay/log.py "Say in the log which key was refused"
