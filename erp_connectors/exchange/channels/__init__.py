"""The ways in and out that are not the API: folders."""
