"""Pure functions from arrays to numbers: how alike, how varied, how copied, how useful."""

from cancergan.metrics.agreement import ccc, cohen_kappa, fleiss_kappa, icc
from cancergan.metrics.classification import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    expected_calibration_error,
)
from cancergan.metrics.classification import expected_calibration_error as ece
from cancergan.metrics.detection import cpm, froc
from cancergan.metrics.dose import (
    dose_at_cc,
    dose_at_volume,
    dose_error,
    dose_volume_histogram,
    dose_volume_points,
    dvh_errors,
    volume_at_dose,
)
from cancergan.metrics.fairness import demographic_parity_difference, equalised_odds_difference
from cancergan.metrics.fingerprints import tanimoto
from cancergan.metrics.frechet import (
    frechet_curve,
    frechet_distance,
    frechet_distance_from_moments,
    frechet_distance_of_moments,
    frechet_excess,
    frechet_floor,
    frechet_infinity,
)
from cancergan.metrics.frechet_radiomics import frechet_radiomics_distance
from cancergan.metrics.gamma import gamma_index, gamma_pass_rate
from cancergan.metrics.identifiability import identifiability
from cancergan.metrics.information import inception_score, mutual_information
from cancergan.metrics.kernel import kernel_distance
from cancergan.metrics.memorisation import copy_rate, data_copying_statistic
from cancergan.metrics.moments import Moments
from cancergan.metrics.neighbours import (
    authenticity,
    coverage,
    density,
    expected_coverage,
    precision,
    precision_recall_density_coverage,
    recall,
)
from cancergan.metrics.perceptual import layers_of, perceptual_distance
from cancergan.metrics.segmentation import dice, hausdorff95, iou, surface_distance
from cancergan.metrics.similarity import mae, mean_pairwise_ms_ssim, ms_ssim, mse, nmse, psnr, ssim
from cancergan.metrics.sliced import sliced_distance
from cancergan.metrics.spectral import checkerboard_power, radial_spectrum, spectral_distance
from cancergan.metrics.uncertainty import (
    rejection_curve,
    rejection_gain,
    temperature,
    tempered,
    uncertainty_error_correlation,
)

__all__ = [
    "Moments",
    "accuracy",
    "auc",
    "authenticity",
    "average_precision",
    "balanced_accuracy",
    "ccc",
    "checkerboard_power",
    "cohen_kappa",
    "copy_rate",
    "coverage",
    "cpm",
    "data_copying_statistic",
    "demographic_parity_difference",
    "density",
    "dice",
    "dose_at_cc",
    "dose_at_volume",
    "dose_error",
    "dose_volume_histogram",
    "dose_volume_points",
    "dvh_errors",
    "ece",
    "equalised_odds_difference",
    "expected_calibration_error",
    "expected_coverage",
    "fleiss_kappa",
    "frechet_curve",
    "frechet_distance",
    "frechet_distance_from_moments",
    "frechet_distance_of_moments",
    "frechet_excess",
    "frechet_floor",
    "frechet_infinity",
    "frechet_radiomics_distance",
    "froc",
    "gamma_index",
    "gamma_pass_rate",
    "hausdorff95",
    "icc",
    "identifiability",
    "inception_score",
    "iou",
    "kernel_distance",
    "layers_of",
    "mae",
    "mean_pairwise_ms_ssim",
    "ms_ssim",
    "mse",
    "mutual_information",
    "nmse",
    "perceptual_distance",
    "precision",
    "precision_recall_density_coverage",
    "psnr",
    "radial_spectrum",
    "recall",
    "rejection_curve",
    "rejection_gain",
    "sliced_distance",
    "spectral_distance",
    "ssim",
    "surface_distance",
    "tanimoto",
    "temperature",
    "tempered",
    "uncertainty_error_correlation",
    "volume_at_dose",
]
