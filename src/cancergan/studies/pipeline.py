"""Figure 5 of the review as one study: it waits for its readers, and goes on when asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field

from cancergan.assessment.assess import assess
from cancergan.assessment.bundle import write_bundle
from cancergan.assessment.gate import Verdict, gate
from cancergan.assessment.policy import Policy
from cancergan.assessment.readers import with_reader_study
from cancergan.assessment.report import Report
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort import Cohort
from cancergan.core.errors import WaitingError
from cancergan.core.files import write_json
from cancergan.core.validation import validated
from cancergan.reader_study import access
from cancergan.reader_study import settings as reading
from cancergan.reader_study.analysis import analyse
from cancergan.reader_study.study import Study as ReaderStudy
from cancergan.reader_study.study import create
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import studies
from cancergan.studies.bench import Bench
from cancergan.studies.classification import ClassificationSettings, ClassificationStudy
from cancergan.studies.evidence import Evidence
from cancergan.training.synthesis import synthesise


class PipelineSettings(ClassificationSettings):
    """What each station needs.

    Attributes:
        cases: how many synthetic cases are made and would be released.
        effort: of the assessment: quick, standard or thorough.
        readers: how many people read; 0 leaves them out.
        reader_cases: how many images each of them reads.
        design: of the reader study.
        policy: the path of a policy for the gate; the library's own where None.
        address: where readers reach the reading room, for their invitations.
    """

    cases: int = Field(default=300, ge=20)
    effort: str = "quick"
    readers: int = Field(default=2, ge=0)
    reader_cases: int = Field(default=24, ge=2)
    design: str = "yes-no"
    policy: str | None = None
    address: str = "http://127.0.0.1:8000"


@studies.register("pipeline")
class PipelineStudy(ClassificationStudy):
    """Synthesis, automatic assessment, reader study, downstream task, gate and release bundle."""

    schema = PipelineSettings
    settings: PipelineSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return "label"."""
        return ("label",)

    def run(self, bench: Bench) -> Evidence:
        """Pass all stations; each leaves a folder, and what is there is not made again.

        Raises:
            WaitingError: readers have not answered all.
        """
        synthetic = self._synthetic(bench)
        report = self._report(bench, synthetic)
        report = self._read(bench, synthetic, report)
        evidence = super().run(bench)
        verdict = gate(report, self._policy())
        return replace(
            evidence, notes=(*evidence.notes, self._released(bench, synthetic, verdict, report))
        )

    def _synthetic(self, bench: Bench) -> Cohort:
        folder = bench.folder / "synthetic"
        if not folder.exists():
            run = bench.trained("released", 0, validation=bench.validation)
            bench.say(f"synthesis: {self.settings.cases} cases")
            synthesise(run, self.settings.cases, folder)
        return Cohort.open(folder)

    def _report(self, bench: Bench, synthetic: Cohort) -> Report:
        folder = bench.folder / "report"
        if (folder / "report.json").is_file():
            return Report.open(folder)
        bench.say(f"assessment: {self.settings.effort}")
        return assess(
            real=bench.test, synthetic=synthetic, training=bench.train, out=folder,
            settings=AssessmentSettings.of_effort(self.settings.effort),
        )  # fmt: skip

    def _read(self, bench: Bench, synthetic: Cohort, report: Report) -> Report:
        """Return the report with what readers found.

        Raises:
            WaitingError: they are not done; says who is how far, and how to go on.
        """
        if not self.settings.readers:
            return report
        folder, found = bench.folder / "reader_study", bench.folder / "reader_analysis"
        if not folder.exists():
            self._invite(bench, synthetic, folder)
        study = ReaderStudy.open(folder)
        if study.locked_at is None:
            rows = access.progress(study.store)
            if any(row["answered"] < row["trials"] for row in rows):
                far = ", ".join(f"{r['name']} {r['answered']} of {r['trials']}" for r in rows)
                raise WaitingError(
                    f"waiting for readers ({far}). Serve the reading room with: cancergan "
                    f"reader-study serve {folder}; give this command again when they are done."
                )
            study.lock()
        if not found.exists():
            analyse(folder, seed=bench.recipe.seed).save(found)
        joined = with_reader_study(report, found)
        joined.save(bench.folder / "report")
        return joined

    def _invite(self, bench: Bench, synthetic: Cohort, folder: Path) -> None:
        chosen = self.settings
        given = {
            "design": chosen.design, "readers": chosen.readers, "cases": chosen.reader_cases,
            "title": bench.recipe.title, "seed": bench.recipe.seed, "informed": False,
            "image_size": max(synthetic.header(0).shape[1:]),
        }  # fmt: skip
        settings = validated(reading.StudySettings, given, where="study", prefix="study.")
        study = create(bench.test, synthetic, folder, settings)
        for reader in range(1, chosen.readers + 1):
            token = access.invite(study.store, reader)
            bench.say(f"reader {reader}: {chosen.address.rstrip('/')}/enter/{token}")

    def _policy(self) -> Policy:
        named = self.settings.policy
        return Policy.default() if named is None else Policy.open(Path(named))

    def _released(self, bench: Bench, synthetic: Cohort, verdict: Verdict, report: Report) -> str:
        write_json(bench.folder / "verdict.json", verdict.to_json())
        if not verdict.accepted:
            return f"Not released. {verdict}"
        bundle = bench.folder / "bundle"
        if not bundle.exists():
            write_bundle(synthetic, report, verdict, bundle)
        return f"Released: {bundle.name}/. {verdict}"
