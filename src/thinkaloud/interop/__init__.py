"""Our models and studies inside Inspect, its logs in and out, tables. Nothing here is imported by the rest."""
