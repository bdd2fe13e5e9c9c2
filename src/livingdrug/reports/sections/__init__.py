"""The sections of the report, one file each: `build(source) -> Section`."""
