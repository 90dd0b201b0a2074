"""Gathers the screens of Django admin. Cases are worked on elsewhere."""

from django.contrib import admin

from exceptions_app.administration import clocks, connections, people, policies, routing

__all__ = ["clocks", "connections", "people", "policies", "routing"]

admin.site.site_header = admin.site.site_title = "Rightline administration"
admin.site.index_title = "Rules, teams and connections"
