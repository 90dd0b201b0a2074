"""How people sign in: passwords, second factors, sessions, lock-outs, and a company's own directory."""
