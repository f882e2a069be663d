"""Analysis of one window by one kind of monitor.

It reads and decodes the captured requests, groups them by version and checks them.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import LABEL_AGE, LATEST_REPORT, ROWS, TEST_REQUEST_ID
from sagemaker_mlops.monitoring.answers import answer_columns
from sagemaker_mlops.monitoring.baselines import Baselines
from sagemaker_mlops.monitoring.bias import judge_bias
from sagemaker_mlops.monitoring.capture_records import INFERENCE_ID, TIME, VERSION, CaptureDecoder
from sagemaker_mlops.monitoring.captures import LONGEST_DELAY, captured_between
from sagemaker_mlops.monitoring.data_quality import DataQuality
from sagemaker_mlops.monitoring.explainability import Sample, judge_attributions
from sagemaker_mlops.monitoring.findings import TYPE, Analysis, Findings, Violation
from sagemaker_mlops.monitoring.labelled import Labelled, match_labels
from sagemaker_mlops.monitoring.labels import ARRIVED, read_labels
from sagemaker_mlops.monitoring.model_quality import judge_quality
from sagemaker_mlops.monitoring.services import Services
from sagemaker_mlops.monitoring.settings import MonitorSettings

CLOCK_TOLERANCE = timedelta(minutes=5)
# Share of requests that the server may refuse because they violate the contract. A larger share is a violation, since
# it shows that a client has changed.
MAXIMUM_REFUSED_SHARE = 0.05
UNKNOWN_VERSION = "unknown"


class Analyzer:
    """One run of one kind of monitor.

    `now` is the time of the run. Only the choice of the window and the detection of wrong clocks depend on it.
    """

    def __init__(self, settings: MonitorSettings, services: Services, contract: Contract, now: datetime) -> None:
        self._settings, self._services, self._contract, self._now = settings, services, contract, now
        self._decoder = CaptureDecoder(contract)
        self._baselines = Baselines(services, settings.model_package_group)
        self._rows = 0
        self.start, self.end = self._window()

    def _window(self) -> tuple[datetime, datetime]:
        """Return the start and the end of the window.

        The window starts where the last analysis ended, so that a missed run leaves no gap. It ends now, or at the time
        that Model Monitor sets.
        """
        settings = self._settings
        end = (settings.given_end or self._now).replace(microsecond=0)
        content = self._services.read(f"{settings.report_uri}/{LATEST_REPORT}")
        try:
            last = datetime.fromisoformat(json.loads(content)["window_end"]) if content else None
        except (ValueError, KeyError, TypeError):
            last = None
        return min(last or settings.given_start or end - settings.window, end), end

    def run(self) -> Analysis:
        """Analyze the window."""
        kinds = {
            "data-quality": self._data_quality,
            "model-quality": self._model_quality,
            "bias": self._bias,
            "explainability": self._explainability,
        }
        findings = kinds[self._settings.kind]()
        about_all = self._window_findings(findings)
        about_all.metrics[ROWS] = float(self._rows)
        kind, endpoint = self._settings.kind, self._settings.endpoint
        return Analysis(kind, endpoint, self.start, self.end, self._rows, (about_all, *findings))

    def _data_quality(self) -> list[Findings]:
        versions: dict[str, DataQuality] = {}
        schema = self._decoder.row_schema
        for version, rows in self._versions(self._window_rows()):
            if version not in versions:
                versions[version] = DataQuality(self._contract, version, self._baselines.of(version), schema)
            versions[version].add(rows)
        return [versions[version].findings() for version in sorted(versions)]

    def _explainability(self) -> list[Findings]:
        samples: dict[str, Sample] = {}
        for version, rows in self._versions(self._window_rows()):
            samples.setdefault(version, Sample()).add(rows)
        return [
            judge_attributions(samples[version], self._baselines.of(version), self._baselines, self._contract)
            for version in sorted(samples)
        ]

    def _model_quality(self) -> list[Findings]:
        labelled = self._labelled(())
        waited = Findings(metrics={LABEL_AGE: labelled.waited_hours(self.end)}, notes=self._label_notes(labelled))
        by_version = self._labelled_versions(labelled)
        judged = [judge_quality(rows, self._baselines.of(version), self._contract) for version, rows in by_version]
        return [waited, *judged]

    def _bias(self) -> list[Findings]:
        contract = self._contract.live_groups
        labelled = self._labelled(contract.fairness.groups)
        by_version = self._labelled_versions(labelled)
        judged = [judge_bias(rows, self._baselines.of(version), contract) for version, rows in by_version]
        columns = self._contract.fairness.columns
        unseen = [f"groups of {one.name} are not watched: requests do not have it" for one in columns]
        return [Findings(notes=[*self._label_notes(labelled), *unseen]), *judged]

    def _label_notes(self, labelled: Labelled) -> list[str]:
        return labelled.notes(self.end, self._contract.label)

    def _labelled(self, columns: tuple[str, ...]) -> Labelled:
        delay = timedelta(days=self._contract.label.arrives_after_days)
        # Start early enough that labels may take twice as long as the contract states.
        since = self.start - 2 * delay - timedelta(days=2)
        labels = read_labels(self._services, self._settings.labels_uri, since, self._contract.label)
        scores = answer_columns(self._contract).types
        rows = self._rows_since(since)
        matched = match_labels(
            rows, labels, start=self.start, end=self.end, due_before=self.end - delay, columns=(*scores, *columns)
        )
        self._rows = matched.new
        return matched

    def _labelled_versions(self, labelled: Labelled) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the labelled rows of each version that has new labels.

        Without new labels the result for a version would not change.
        """
        start = self.start.replace(tzinfo=None)
        for version, rows in self._versions([labelled.table] if labelled.new else []):
            if rows.filter(pl.col(ARRIVED) >= start).height:
                yield version, rows

    def _window_rows(self) -> Iterator[pl.DataFrame]:
        """Yield the decoded rows of the window, and count them."""
        for rows in self._rows_since(self.start):
            self._rows += rows.height
            yield rows

    def _rows_since(self, since: datetime) -> Iterator[pl.DataFrame]:
        """Yield the decoded rows captured since a time, without the test requests of releases."""
        future = (self._now + CLOCK_TOLERANCE).replace(tzinfo=None)
        past = (since - LONGEST_DELAY).replace(tzinfo=None)
        for piece in captured_between(self._services, self._settings.capture_uri, since, self.end):
            rows = self._decoder.rows(piece)
            is_test = pl.col(INFERENCE_ID).str.starts_with(TEST_REQUEST_ID).fill_null(value=False)
            rows = rows.filter(~is_test)
            wrong = rows.filter((pl.col(TIME) > future) | (pl.col(TIME) < past)).height
            self._decoder.faults.add("requests with an impossible time; check the clock of the instance", wrong)
            yield rows

    def _versions(self, pieces: Iterator[pl.DataFrame] | list[pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
        for rows in pieces:
            if rows.height:
                named = rows.with_columns(pl.col(VERSION).fill_null(UNKNOWN_VERSION))
                for (version,), part in named.partition_by(VERSION, as_dict=True).items():
                    yield str(version), part

    def _window_findings(self, findings: list[Findings]) -> Findings:
        """Return findings about the whole window, such as corrupt lines and refused requests."""
        counts = self._decoder.faults.counts
        notes = [f"{number:,} {what}" for what, number in sorted(counts.items())]
        if self._rows == 0:
            notes.append("no requests in this window" if not counts else "no request in this window could be used")
        versions = sorted({one.version for one in findings if one.version})
        if len(versions) > 1:
            notes.append(f"several versions answered: {', '.join(versions)}; each is compared with its own baseline")
        found = Findings(notes=notes)
        refused = counts["refused requests"]
        if refused > MAXIMUM_REFUSED_SHARE * (self._rows + refused) and self._settings.kind == "data-quality":
            text = (
                f"{refused:,} of {self._rows + refused:,} requests were refused because they break the contract; "
                "see the endpoint's log for the fields and rules"
            )
            found.violations.append(Violation(TYPE, text))
        return found
