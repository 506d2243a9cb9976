"""The version, in the one place that packaging, reports and the command read."""

VERSION = "0.1.0"
