"""Figures of the chapters: data in, Figure out, nothing trained or sampled inside."""
