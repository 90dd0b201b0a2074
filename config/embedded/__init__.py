"""PostgreSQL and Valkey out of Python packages, for machines where nobody installed a server."""
