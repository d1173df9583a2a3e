"""The web server: the redirect address of OAuth and the pages and routes of `ledgerflow serve`."""
