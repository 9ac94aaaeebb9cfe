"""HTTP side of the dashboard: routes, checks, logins, static files, event stream."""
