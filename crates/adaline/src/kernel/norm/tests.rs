use super::*;
use crate::InstructionSet;
use crate::rng::{Purpose, Rng};

fn numbers(count: usize, index: u64, mean: f64, deviation: f64) -> Vec<f32> {
    let mut rng = Rng::stream(11, Purpose::Data, index);
    (0..count).map(|_| (mean + deviation * rng.normal()) as f32).collect()
}

fn close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let error = (f64::from(got) - want).abs();
        assert!(error <= tolerance * want.abs().max(1.0), "{what}: value {i} is {got}, not {want}");
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

/// Mean and variance over n.
fn plain_moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n)
}

fn moments_on(machine: &Machine, batch: &Batch<'_>, x: &[f32]) -> Vec<(f64, f64)> {
    let mut partial = vec![7.0; blocks(batch.all()) * 3 * padded(batch.places.channels)];
    let mut all = Vec::new();
    moments(machine, batch, x, &mut partial, |channel, mean, variance| {
        assert_eq!(channel, all.len());
        all.push((mean, variance));
    });
    all
}

#[test]
fn moments_are_those_of_the_formula_for_every_number_of_channels() {
    for channels in (1..=17).chain([31, 32, 33, 47, 48, 80]) {
        for (rows, count, masked) in [(1, 1, false), (70, 9, false), (70, 9, true), (3, 300, true), (260, 1, false)] {
            let own = |row: usize| 1 + row * 5 % count;
            let places = Places { count, channels, own: if masked { Some(&own) } else { None } };
            let batch = Batch { rows, places };
            let x = numbers(rows * count * channels, channels as u64, 3.0, 2.0);
            let plain: Vec<(f64, f64)> = (0..channels)
                .map(|c| {
                    let of_row = |row| (0..places.own(row)).map(move |place| (row * count + place) * channels + c);
                    let values: Vec<f64> = (0..rows).flat_map(of_row).map(|at| f64::from(x[at])).collect();
                    assert_eq!(batch.own(), values.len());
                    plain_moments(&values)
                })
                .collect();
            let mut first: Option<Vec<(f64, f64)>> = None;
            for set in InstructionSet::available() {
                for threads in [1, 2, 3] {
                    let all = moments_on(&Machine::new(set, threads), &batch, &x);
                    for (got, want) in all.iter().zip(&plain) {
                        assert!((got.0 - want.0).abs() < 1e-6, "{got:?} {want:?} {channels} {rows} {count}");
                        assert!((got.1 - want.1).abs() < 3e-6 * want.1.max(1.0), "{got:?} {want:?} {channels}");
                    }
                    assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{set:?}, {threads} threads");
                }
            }
        }
    }
}

/// A large mean and a small spread: the f64 formula in all digits that f32 values have.
#[test]
fn a_large_mean_costs_no_digits() {
    for (mean, deviation) in [(1000.0, 1.0), (-1e5, 1.0), (1e6, 3.0), (0.0, 1e-3)] {
        let (rows, channels) = (20_000, 5);
        let x = numbers(rows * channels, 1, mean, deviation);
        let machine = Machine::new(InstructionSet::best(), 1);
        let batch = Batch { rows, places: Places { count: 1, channels, own: None } };
        let all = moments_on(&machine, &batch, &x);
        let [mut high, mut inverse, mut low] = [[0.0f32; 16]; 3];
        let mut want = vec![0.0; x.len()];
        for (c, &(mean, variance)) in all.iter().enumerate() {
            let values: Vec<f64> = x.iter().skip(c).step_by(channels).map(|&x| f64::from(x)).collect();
            let plain = plain_moments(&values);
            assert!((mean - plain.0).abs() < 1e-7 * deviation, "{mean} {plain:?}");
            assert!((variance / plain.1 - 1.0).abs() < 3e-6, "{variance} {plain:?}");
            [high[c], inverse[c], low[c]] = normal_of(mean, variance, 1e-12);
            low[c] = -low[c];
            for (row, x) in values.iter().enumerate() {
                want[row * channels + c] = (x - plain.0) / (plain.1 + 1e-12).sqrt();
            }
        }
        let mut y = vec![0.0; x.len()];
        scale_and_shift(&machine, &batch, (&high, &inverse, &low), &x, &mut y);
        close("normalised", &y, &want, 2e-6);
        // The row kernel as well.
        let row = &x[..5000];
        let values: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
        let plain = plain_moments(&values);
        let want: Vec<f64> = values.iter().map(|x| (x - plain.0) / (plain.1 + 1e-12).sqrt()).collect();
        let ones = vec![1.0; 5008];
        let rows = Rows { count: 1, places: 1, channels: 5000, weight: &ones, epsilon: 1e-12 };
        let (mut y, mut kept) = (vec![0.0; 5000], vec![0.0; 3]);
        normalise_rows(&machine, &rows, &vec![0.0; 5008], row, &mut y, &mut kept);
        close("normalised row", &y, &want, 2e-6);
    }
}

#[test]
fn channels_go_back_as_the_formulas_say_with_the_same_bits_everywhere() {
    for channels in (1..=17).chain([32, 41]) {
        for (rows, count, masked) in [(1, 1, false), (70, 9, true), (300, 7, false)] {
            let own = |row: usize| 1 + row * 5 % count;
            let places = Places { count, channels, own: if masked { Some(&own) } else { None } };
            let batch = Batch { rows, places };
            let len = rows * count * channels;
            let (x, dy) = (numbers(len, 2, 1.0, 1.0), numbers(len, 3, 0.0, 1.0));
            let each = padded(channels);
            let table = |k: u64| numbers(each, 10 + k, 0.5, 1.0);
            let (high, inverse, low, a, b, c) = (table(0), table(1), table(2), table(3), table(4), table(5));
            let normal = Normal { high: &high, inverse: &inverse, low: &low };
            let (mut want_sums, mut want_dx) = (vec![(0.0, 0.0); channels], vec![0.0; len]);
            for row in 0..rows {
                for place in 0..places.own(row) {
                    for channel in 0..channels {
                        let at = (row * count + place) * channels + channel;
                        let f = f64::from;
                        let gap = f(x[at]) - f(high[channel]);
                        want_sums[channel].0 += f(dy[at]);
                        want_sums[channel].1 += f(dy[at]) * (gap * f(inverse[channel]) - f(low[channel]));
                        want_dx[at] = f(a[channel]) * f(dy[at]) + f(b[channel]) * gap + f(c[channel]);
                    }
                }
            }
            let mut first: Option<(Vec<u64>, Vec<u32>)> = None;
            for set in InstructionSet::available() {
                for threads in [1, 2, 3] {
                    let machine = Machine::new(set, threads);
                    let mut partial = vec![7.0; blocks(batch.all()) * 2 * each];
                    let mut sums = Vec::new();
                    gradient_sums(&machine, &batch, normal, (&x, &dy), &mut partial, |_, sum, along| {
                        sums.extend([sum, along]);
                    });
                    let want: Vec<f64> = want_sums.iter().flat_map(|&(sum, along)| [sum, along]).collect();
                    for (got, want) in sums.iter().zip(&want) {
                        assert!((got - want).abs() < 1e-4 * want.abs().max(1.0), "{got} {want}");
                    }
                    let mut dx = vec![9.0; len];
                    combine(&machine, &batch, &high, (&a, &b, &c), (&x, &dy), &mut dx);
                    close("dx", &dx, &want_dx, 3e-6);
                    let all = (sums.iter().map(|x| x.to_bits()).collect(), bits(&dx));
                    assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{set:?}, {threads} threads");
                }
            }
        }
    }
}

#[test]
fn rows_there_and_back_are_those_of_the_formulas_with_the_same_bits_everywhere() {
    let epsilon = 1e-5f32;
    for channels in (1..=17).chain([32, 41]) {
        for (count, places) in [(1, 1), (1, 49), (300, 1), (70, 30)] {
            let (len, each) = (places * channels, padded(channels));
            let (x, dy) = (numbers(count * len, 4, -2.0, 3.0), numbers(count * len, 5, 0.0, 1.0));
            let mut weight = numbers(each, 6, 1.0, 0.5);
            let mut bias = numbers(each, 7, 0.0, 1.0);
            weight[channels..].fill(0.0);
            bias[channels..].fill(0.0);
            let rows = Rows { count, places, channels, weight: &weight, epsilon };
            let f = f64::from;
            let (mut want_y, mut want_dx) = (Vec::new(), Vec::new());
            let (mut want_dweight, mut want_dbias) = (vec![0.0; channels], vec![0.0; channels]);
            for (x, dy) in x.chunks(len).zip(dy.chunks(len)) {
                let values: Vec<f64> = x.iter().map(|&x| f(x)).collect();
                let (mean, variance) = plain_moments(&values);
                let inverse = 1.0 / (variance + f(epsilon)).sqrt();
                let normal: Vec<f64> = values.iter().map(|x| (x - mean) * inverse).collect();
                let inner: Vec<f64> = dy.iter().enumerate().map(|(i, &dy)| f(dy) * f(weight[i % channels])).collect();
                let n = len as f64;
                let (sum, along) =
                    (inner.iter().sum::<f64>() / n, inner.iter().zip(&normal).map(|(d, x)| d * x).sum::<f64>() / n);
                for i in 0..len {
                    let c = i % channels;
                    want_y.push(normal[i] * f(weight[c]) + f(bias[c]));
                    want_dx.push(inverse * (inner[i] - sum - normal[i] * along));
                    want_dbias[c] += f(dy[i]);
                    want_dweight[c] += f(dy[i]) * normal[i];
                }
            }
            let mut first: Option<[Vec<u32>; 4]> = None;
            for set in InstructionSet::available() {
                for threads in [1, 2, 3] {
                    let machine = Machine::new(set, threads);
                    let (mut y, mut dx, mut kept) = (vec![9.0; x.len()], vec![9.0; x.len()], vec![9.0; 3 * count]);
                    normalise_rows(&machine, &rows, &bias, &x, &mut y, &mut kept);
                    // A row of one value, or of equal ones, has nothing but the rounding of ε in its denominator.
                    let tolerance = if len == 1 { 1e-4 } else { 3e-5 };
                    close("y", &y, &want_y, 1e-5);
                    let (mut dweight, mut dbias) = (Vec::new(), Vec::new());
                    let mut partial = vec![7.0; row_blocks(count, places) * 2 * each];
                    for asked in [true, false] {
                        (dweight, dbias) = (Vec::new(), Vec::new());
                        let dx = if asked { &mut dx[..] } else { &mut [] };
                        normalise_rows_backward(
                            &machine,
                            &rows,
                            (&x, &kept, &dy),
                            dx,
                            &mut partial,
                            |_, sum, along| {
                                dbias.push(sum as f32);
                                dweight.push(along as f32);
                            },
                        );
                        close("dweight", &dweight, &want_dweight, 1e-4);
                        close("dbias", &dbias, &want_dbias, 1e-4);
                    }
                    close("dx", &dx, &want_dx, tolerance);
                    let all = [bits(&y), bits(&dx), bits(&dweight), bits(&dbias)];
                    assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{set:?}, {threads} threads");
                }
            }
        }
    }
}
