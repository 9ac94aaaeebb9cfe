"""Driving a machine over its link, whatever protocol it speaks."""
