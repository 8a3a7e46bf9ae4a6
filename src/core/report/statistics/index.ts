export { bootstrapIntervals, type BootstrapOptions, type Interval } from './bootstrap';
export { benjaminiHochberg, holm } from './corrections';
export { SIGNIFICANT, curvePoints, withTests, type LayerPoint, type LayerTest } from './points';
export { CurveSample } from './sample';
export { CONFIDENCE, meanInterval, type MeanInterval } from './student';
export { wilcoxon, type SignedRank } from './wilcoxon';
