"""Grafana dashboards as code: `make monitoring` writes their JSON into monitoring/grafana."""
