"""Readers for workout files of each format."""
