use super::*;
use crate::kernel::InstructionSet;
use crate::kernel::panels::panel_index;
use crate::kernel::panels::tests::{random, to_panels};

impl Places {
    /// Where the window at a place begins.
    fn base(&self, place: usize) -> usize {
        let (image, place) = (place / self.count(), place % self.count());
        self.first + image * self.image + place / self.columns * self.down + place % self.columns * self.right
    }
}

/// Windows of kh × kw values of `channels` over images of h × w, with strides.
fn places((h, w): (usize, usize), channels: usize, (kh, kw): (usize, usize), stride: usize) -> Places {
    let offsets = (0..kh * kw * channels)
        .map(|k| (k / channels / kw * w + k / channels % kw) * channels + k % channels)
        .collect();
    Places {
        rows: (h - kh) / stride + 1,
        columns: (w - kw) / stride + 1,
        first: 0,
        right: stride * channels,
        down: stride * w * channels,
        image: h * w * channels,
        offsets,
    }
}

type Case = ((usize, usize), usize, (usize, usize), usize, usize, usize);

/// Image, channels, window, stride, filters, images.
const CASES: [Case; 8] = [
    ((1, 1), 1, (1, 1), 1, 1, 1),
    ((5, 4), 1, (3, 3), 1, 3, 2),
    ((6, 7), 3, (3, 2), 2, 16, 3),
    ((9, 9), 2, (3, 3), 1, 17, 5),
    ((13, 13), 16, (3, 3), 1, 64, 4),
    ((1, 20), 5, (1, 4), 1, 33, 2),
    ((28, 28), 1, (3, 3), 1, 32, 3),
    ((4, 4), 7, (4, 4), 1, 48, 40),
];

#[test]
fn filters_give_the_sums_in_their_order() {
    for (size, channels, window, stride, filters, images) in CASES {
        let p = places(size, channels, window, stride);
        let (x, w) = (random(images * p.image, 1), random(p.depth() * filters, 2));
        let (rows, line) = (images * p.count(), filters.next_multiple_of(LANES));
        let mut bias = random(line, 3);
        bias[filters..].fill(0.0);
        // Two columns of something else before and one behind.
        let columns = Columns { stride: filters + 3, first: 2, count: filters };
        let weight = to_panels(p.depth(), filters, &w);
        for activation in [Activation::Identity, Activation::Relu, Activation::Tanh] {
            let mut reference: Option<Vec<f32>> = None;
            for set in InstructionSet::available() {
                for threads in [1, 3] {
                    let mut out = vec![9.0; rows * columns.stride];
                    let machine = Machine::new(set, threads);
                    let bias = Some(bias.as_slice());
                    let (places, out_) = (&p, &mut out);
                    filter(
                        &machine,
                        Filter {
                            places,
                            area: Area::ONE,
                            images,
                            x: &x,
                            weight: &weight,
                            bias,
                            activation,
                            columns,
                            out: out_,
                            which: None,
                        },
                    );
                    let want = reference.get_or_insert_with(|| out.clone());
                    assert_eq!(&out, want, "{set:?} {threads}");
                }
            }
            let out = reference.unwrap();
            for row in 0..rows {
                let got = &out[row * columns.stride..][..columns.stride];
                assert_eq!((got[0], got[1], got[filters + 2]), (9.0, 9.0, 9.0));
                for f in 0..filters {
                    let mut sum = bias[f];
                    for k in 0..p.depth() {
                        sum = x[p.base(row) + p.offsets[k]].mul_add(w[k * filters + f], sum);
                    }
                    match activation {
                        Activation::Identity => assert_eq!(got[2 + f], sum),
                        Activation::Relu => assert_eq!(got[2 + f], sum.max(0.0)),
                        _ => assert!((got[2 + f] - sum.tanh()).abs() < 1e-6),
                    }
                }
            }
        }
    }
}

#[test]
fn the_gradient_of_the_filters_is_the_sum_over_all_places() {
    for (size, channels, window, stride, filters, images) in CASES {
        let p = places(size, channels, window, stride);
        let rows = images * p.count();
        let columns = Columns { stride: filters + 2, first: 1, count: filters };
        let (x, dz) = (random(images * p.image, 4), random(rows * columns.stride, 5));
        let len = panels_len(p.depth(), filters);
        let mut reference: Option<Vec<f32>> = None;
        for set in InstructionSet::available() {
            for threads in [1, 3] {
                let mut out = vec![f32::NAN; len];
                let mut scratch = vec![f32::NAN; parts(images, p.count()) * len];
                let machine = Machine::new(set, threads);
                let (scratch, to) = (&mut scratch, &mut out);
                filter_gradient(
                    &machine,
                    FilterGradient { places: &p, images, x: &x, dz: &dz, columns, scratch, out: to },
                );
                let want = reference.get_or_insert_with(|| out.clone());
                assert_eq!(&out, want, "{set:?} {threads}");
            }
        }
        let out = reference.unwrap();
        for k in 0..p.depth() {
            for f in 0..filters.next_multiple_of(LANES) {
                let got = f64::from(out[panel_index(p.depth(), k, f)]);
                let value = |row: usize| f64::from(x[p.base(row) + p.offsets[k]]);
                let d = |row: usize| f64::from(dz[row * columns.stride + 1 + f]);
                let want: f64 = if f < filters { (0..rows).map(|row| value(row) * d(row)).sum() } else { 0.0 };
                assert!((got - want).abs() < 1e-4 * (rows as f64).sqrt(), "{got} {want}");
            }
        }
    }
}

#[test]
fn slopes_and_their_sums() {
    // The last one is so large that its work is shared out.
    for (images, places, filters) in [(1, 1, 1), (3, 7, 5), (5, 900, 16), (40, 30, 33), (9, 700, 40)] {
        let n = images * places * filters;
        let (y, dy) = (random(n, 6), random(n, 7));
        let line = filters.next_multiple_of(LANES);
        let mut reference: Option<(Vec<f32>, Vec<f32>)> = None;
        for set in InstructionSet::available() {
            for threads in [1, 3] {
                let machine = Machine::new(set, threads);
                let (mut dz, mut sums) = (dy.clone(), vec![f32::NAN; line]);
                let mut scratch = vec![f32::NAN; parts(images, places) * line];
                slopes_and_sums(&machine, Activation::Relu, (images, places), &y, &mut dz, &mut scratch, &mut sums);
                let want = reference.get_or_insert_with(|| (dz.clone(), sums.clone()));
                assert_eq!((&dz, &sums), (&want.0, &want.1), "{set:?} {threads}");
            }
        }
        let (dz, sums) = reference.unwrap();
        for i in 0..n {
            assert_eq!(dz[i], if y[i] > 0.0 { dy[i] } else { 0.0 });
        }
        for f in 0..line {
            let want: f64 = dz.iter().skip(f).step_by(filters).map(|&d| f64::from(d)).sum();
            let want = if f < filters { want } else { 0.0 };
            assert!((f64::from(sums[f]) - want).abs() < 1e-4 * (n as f64).sqrt());
        }
    }
}

#[test]
fn a_pool_keeps_the_largest_of_each_area_and_gradients_find_the_way_back() {
    let areas = [(2, 2), (1, 2), (3, 1), (2, 3), (4, 4)];
    for (size, channels, window, stride, filters, images) in CASES {
        for (down, across) in areas {
            let (all, area) = (places(size, channels, window, stride), Area { rows: down, columns: across });
            let (rows, columns) = (all.rows / down, all.columns / across);
            let p = Places { rows: rows * down, columns: columns * across, ..all };
            if p.count() == 0 {
                continue;
            }
            let (x, w) = (random(images * p.image, 1), random(p.depth() * filters, 2));
            let weight = to_panels(p.depth(), filters, &w);
            let (n, stripe) = (images * rows * columns, Columns { stride: filters + 3, first: 2, count: filters });
            // A column of a stripe, of rows that are longer.
            let own = |all: &[f32]| -> Vec<f32> {
                all.chunks(stripe.stride).flat_map(|row| row[2..2 + filters].to_vec()).collect()
            };
            let (d, mut bias) = (random(n * filters, 8), random(filters.next_multiple_of(LANES), 7));
            bias[filters..].fill(0.0);
            let mut reference: Option<[Vec<f32>; 4]> = None;
            for set in InstructionSet::available() {
                for threads in [1, 3] {
                    let machine = Machine::new(set, threads);
                    let [mut out, mut which] = [(); 2].map(|()| vec![9.0; n * stripe.stride]);
                    let mut tanh = out.clone();
                    let run = |activation: Activation, out: &mut [f32], which: Option<&mut [f32]>| {
                        let (places, bias, columns) = (&p, Some(bias.as_slice()), stripe);
                        let (x, weight) = (x.as_slice(), weight.as_slice());
                        let f = Filter { places, area, images, x, weight, bias, activation, columns, out, which };
                        filter(&machine, f);
                    };
                    run(Activation::Relu, &mut out, Some(&mut which));
                    run(Activation::Tanh, &mut tanh, None);
                    for row in out.chunks(stripe.stride).chain(tanh.chunks(stripe.stride)) {
                        assert_eq!((row[0], row[1], row[filters + 2]), (9.0, 9.0, 9.0));
                    }
                    let [out, which, tanh] = [&out, &which, &tanh].map(|all| own(all));
                    let mut dz = vec![f32::NAN; n * filters * area.len()];
                    unpool(&machine, (&p, area), (images, filters), (&d, &which), &mut dz);
                    let got = [out, which, dz, tanh];
                    let want = reference.get_or_insert_with(|| got.clone());
                    assert_eq!(&got, want, "{set:?} {threads}");
                }
            }
            let [out, which, dz, tanh] = reference.unwrap();
            let sum = |place: usize, f: usize| {
                (0..p.depth()).fold(bias[f], |sum, k| x[p.base(place) + p.offsets[k]].mul_add(w[k * filters + f], sum))
            };
            for (row, f) in (0..n).flat_map(|row| (0..filters).map(move |f| (row, f))) {
                let (image, at) = (row / (rows * columns), row % (rows * columns));
                let place = |i: usize, j: usize| {
                    image * p.count() + (at / columns * down + i) * p.columns + at % columns * across + j
                };
                let own = (0..down).flat_map(|i| (0..across).map(move |j| (i, j)));
                let (number, best) = own
                    .clone()
                    .map(|(i, j)| sum(place(i, j), f))
                    .enumerate()
                    .fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
                assert_eq!((out[row * filters + f], which[row * filters + f]), (best.max(0.0), number as f32));
                assert!((tanh[row * filters + f] - best.tanh()).abs() < 1e-6);
                for (here, (i, j)) in own.enumerate() {
                    let want = if here == number { d[row * filters + f] } else { 0.0 };
                    assert_eq!(dz[place(i, j) * filters + f], want);
                }
            }
        }
    }
}

#[test]
fn the_gradient_of_the_images_is_what_each_window_gives() {
    for (size, channels, window, stride, filters, images) in CASES {
        let p = places(size, channels, window, stride);
        let rows = images * p.count();
        let columns = Columns { stride: filters + 2, first: 1, count: filters };
        let (w, dz) = (random(p.depth() * filters, 2), random(rows * columns.stride, 5));
        let pixels = p.depth() / channels;
        let weight: Vec<f32> = (0..pixels)
            .flat_map(|pixel| {
                let turned: Vec<f32> = (0..filters * channels)
                    .map(|at| w[(pixel * channels + at % channels) * filters + at / channels])
                    .collect();
                to_panels(filters, channels, &turned)
            })
            .collect();
        let before = random(images * p.image, 9);
        let mut reference: Option<Vec<f32>> = None;
        for set in InstructionSet::available() {
            for threads in [1, 3] {
                let machine = Machine::new(set, threads);
                let mut dx = before.clone();
                let (dz, weight, to) = (&dz, &weight, &mut dx);
                input_gradient(&machine, InputGradient { places: &p, images, channels, dz, columns, weight, dx: to });
                let want = reference.get_or_insert_with(|| dx.clone());
                assert_eq!(&dx, want, "{set:?} {threads}");
            }
        }
        let mut want: Vec<f64> = before.iter().map(|&x| f64::from(x)).collect();
        for (row, k, f) in
            (0..rows).flat_map(|row| (0..p.depth()).flat_map(move |k| (0..filters).map(move |f| (row, k, f))))
        {
            want[p.base(row) + p.offsets[k]] +=
                f64::from(dz[row * columns.stride + 1 + f]) * f64::from(w[k * filters + f]);
        }
        for (got, want) in reference.unwrap().iter().zip(want) {
            assert!((f64::from(*got) - want).abs() < 1e-4, "{got} {want}");
        }
    }
}

#[test]
fn many_parts_of_a_gradient_are_added_up_alike_on_any_threads() {
    let p = places((16, 16), 16, (3, 3), 1);
    let (images, filters) = (48, 48);
    let columns = Columns { stride: filters, first: 0, count: filters };
    let (x, dz) = (random(images * p.image, 4), random(images * p.count() * filters, 5));
    let len = panels_len(p.depth(), filters);
    // What makes adding up worth sharing.
    assert!(parts(images, p.count()) * len >= SHARE_FROM);
    let results = [1, 2, 3].map(|threads| {
        let mut scratch = vec![f32::NAN; parts(images, p.count()) * len];
        let mut out = vec![f32::NAN; len];
        let machine = Machine::new(InstructionSet::best(), threads);
        let (scratch, to) = (&mut scratch, &mut out);
        filter_gradient(&machine, FilterGradient { places: &p, images, x: &x, dz: &dz, columns, scratch, out: to });
        out
    });
    assert!(results[0].iter().all(|v| v.is_finite()));
    assert!(results[0] == results[1] && results[0] == results[2]);
}

#[test]
fn places_that_cannot_be_counted_reach_beyond_any_image() {
    let p = Places {
        rows: 2,
        columns: 2,
        down: 1 << 62,
        right: 1 << 62,
        image: usize::MAX,
        ..places((3, 3), 1, (3, 3), 1)
    };
    assert_eq!(p.reach(33), usize::MAX);
}
