"""Calibration and the analysis of cellular kinetics."""
