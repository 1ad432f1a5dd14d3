"""Prefect's server and what it knows: runs, deployments, automations, its database."""
