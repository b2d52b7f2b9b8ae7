"""report.html: a plan, a comparison or a Pareto front as one file that opens in any browser and asks the network for nothing."""

from siting.output.report.page import report_html, write_report

__all__ = ["report_html", "write_report"]
