"""GeoReport v2 (https://wiki.open311.org/GeoReport_v2/): any civic client files and follows reports, as JSON or XML.

A face of the reports and nothing more. Only ordinary categories are in it, and nothing that leads to a reporter.
"""
