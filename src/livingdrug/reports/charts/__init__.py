"""A small chart layer: numbers in, inline SVG out; every chart can be drawn at any width."""
