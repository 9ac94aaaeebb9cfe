"""Diagnosis of a machine: probing, and recording its frames."""
