"""Release of a model version to an endpoint, with checks, guard alarms, verification and a record."""
