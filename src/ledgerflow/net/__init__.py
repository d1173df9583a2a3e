"""HTTP with limits, retries and paging: alone in opening sockets."""
