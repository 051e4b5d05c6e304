use super::*;
use crate::InstructionSet;

/// Numbers with many equal ones among them.
fn numbers(count: usize, salt: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + salt * 104_729) % 2027 % 13) as f32 - 6.0).collect()
}

fn axis(len: usize, kernel: usize, stride: usize, same: bool) -> Axis {
    let count = if same { len.div_ceil(stride) } else { (len - kernel) / stride + 1 };
    let over = ((count - 1) * stride + kernel).saturating_sub(len);
    Axis { len, kernel, stride, before: if same { over / 2 } else { 0 }, count }
}

/// Plain loops over (image, row, column, channel).
fn plain(w: &Windows, images: usize, x: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let Windows { channels, rows, columns, keep } = *w;
    let (mut y, mut dx) = (vec![0.0; images * w.outputs()], vec![0.0; images * w.inputs()]);
    for image in 0..images {
        for (i, j, c) in
            (0..rows.count).flat_map(|i| (0..columns.count).flat_map(move |j| (0..channels).map(move |c| (i, j, c))))
        {
            let mut places = Vec::new();
            for u in 0..rows.kernel {
                for v in 0..columns.kernel {
                    let (row, column) = (i * rows.stride + u, j * columns.stride + v);
                    let inside = |at: usize, axis: Axis| at >= axis.before && at - axis.before < axis.len;
                    if inside(row, rows) && inside(column, columns) {
                        let (row, column) = (row - rows.before, column - columns.before);
                        places.push(image * w.inputs() + (row * columns.len + column) * channels + c);
                    }
                }
            }
            let out = image * w.outputs() + (i * columns.count + j) * channels + c;
            match keep {
                Keep::Max => {
                    let mut best = places[0];
                    for &place in &places {
                        if x[place] > x[best] {
                            best = place;
                        }
                    }
                    y[out] = x[best];
                    dx[best] += dy[out];
                }
                Keep::Mean => {
                    let count = places.len() as f32;
                    y[out] = places.iter().fold(0.0, |sum, &place| sum + x[place]) / count;
                    places.iter().for_each(|&place| dx[place] += dy[out] / count);
                }
            }
        }
    }
    (y, dx)
}

#[test]
fn windows_are_those_of_plain_loops_on_every_set() {
    let shapes = [
        (4, 6, (2, 2), (2, 2), false),
        (5, 7, (2, 2), (2, 2), false),
        (5, 7, (2, 2), (2, 2), true),
        (1, 9, (1, 2), (1, 2), false),
        (1, 9, (1, 3), (1, 2), true),
        (6, 5, (3, 3), (1, 1), false),
        (6, 5, (3, 3), (1, 1), true),
        (6, 5, (3, 2), (2, 3), true),
        (4, 4, (2, 2), (1, 1), false),
        (5, 5, (1, 2), (2, 1), false),
        (1, 1, (1, 1), (1, 1), false),
        (1, 1, (2, 2), (2, 2), true),
        (7, 7, (2, 3), (3, 4), false),
    ];
    let images = 2;
    for (height, width, kernel, stride, same) in shapes {
        for channels in (1..=17).chain([31, 32, 33, 48]) {
            for keep in [Keep::Max, Keep::Mean] {
                let rows = axis(height, kernel.0, stride.0, same);
                let columns = axis(width, kernel.1, stride.1, same);
                let w = Windows { channels, rows, columns, keep };
                let (x, dy) = (numbers(images * w.inputs(), 1), numbers(images * w.outputs(), 2));
                let (want_y, want_dx) = plain(&w, images, &x, &dy);
                for set in InstructionSet::available() {
                    let machine = Machine::new(set, 1);
                    let (mut y, mut dx) = (vec![9.0; want_y.len()], vec![9.0; want_dx.len()]);
                    pool(&machine, &w, images, &x, &mut y);
                    assert_eq!(y, want_y, "{set:?} {w:?}");
                    pool_backward(&machine, &w, images, (&x, &y, &dy), &mut dx);
                    assert_eq!(dx, want_dx, "{set:?} {w:?}");
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    for (channels, keep) in [(6, Keep::Max), (16, Keep::Max), (20, Keep::Mean)] {
        let w = Windows { channels, rows: axis(21, 2, 2, false), columns: axis(20, 2, 2, false), keep };
        let images = 30;
        let (x, dy) = (numbers(images * w.inputs(), 3), numbers(images * w.outputs(), 4));
        let (want_y, want_dx) = plain(&w, images, &x, &dy);
        for threads in [2, 3] {
            let machine = Machine::new(InstructionSet::best(), threads);
            let (mut y, mut dx) = (vec![9.0; want_y.len()], vec![9.0; want_dx.len()]);
            pool(&machine, &w, images, &x, &mut y);
            pool_backward(&machine, &w, images, (&x, &y, &dy), &mut dx);
            assert!(y == want_y && dx == want_dx, "{threads} threads, {channels} channels");
        }
    }
}

#[test]
fn whole_channels_are_those_of_plain_loops() {
    for channels in (1..=17).chain([32, 35]) {
        for (count, rows) in [(1, 1), (5, 3), (49, 70)] {
            let own = |row: usize| 1 + row * 3 % count;
            let places = Places { count, channels, own: Some(&own) };
            let len = count * channels;
            let (x, dy) = (numbers(rows * len, 5), numbers(rows * channels, 6));
            for keep in [Keep::Max, Keep::Mean] {
                let (mut want_y, mut want_dx) = (vec![0.0; rows * channels], vec![0.0; rows * len]);
                for row in 0..rows {
                    for c in 0..channels {
                        let at: Vec<usize> = (0..own(row)).map(|p| row * len + p * channels + c).collect();
                        let out = row * channels + c;
                        let first = at.iter().copied().reduce(|a, b| if x[b] > x[a] { b } else { a }).unwrap();
                        match keep {
                            Keep::Max => (want_y[out], want_dx[first]) = (x[first], dy[out]),
                            Keep::Mean => {
                                let n = at.len() as f32;
                                want_y[out] = at.iter().fold(0.0, |sum, &at| sum + x[at]) / n;
                                at.iter().for_each(|&at| want_dx[at] = dy[out] / n);
                            }
                        }
                    }
                }
                for set in InstructionSet::available() {
                    for threads in [1, 3] {
                        let machine = Machine::new(set, threads);
                        let (mut y, mut dx) = (vec![9.0; want_y.len()], vec![9.0; want_dx.len()]);
                        global_pool(&machine, &places, keep, rows, &x, &mut y);
                        assert_eq!(y, want_y, "{set:?} {threads} {channels} {count}");
                        global_pool_backward(&machine, &places, keep, rows, (&x, &y, &dy), &mut dx);
                        assert_eq!(dx, want_dx, "{set:?} {threads} {channels} {count}");
                    }
                }
            }
        }
    }
}
