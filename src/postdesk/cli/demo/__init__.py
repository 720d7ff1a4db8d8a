"""`postdesk demo`: a desk on a throw-away data folder, beside a mail server whose customers write by themselves."""
