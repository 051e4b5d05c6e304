use super::*;
use crate::kernel::panels::tests::random;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

fn softmax_of(z: &[f32]) -> Vec<f64> {
    crate::softmax(&z.iter().map(|&z| f64::from(z)).collect::<Vec<f64>>())
}

/// Every number of rows around a vector's length with every number of classes: each row has the bits that it has alone.
#[test]
fn softmax_is_that_of_each_row_alone() {
    for rows in 1..=40 {
        for width in 1..=40 {
            let x: Vec<f32> = random(rows * width, width as u64).iter().map(|x| 9.0 * x).collect();
            for set in InstructionSet::available() {
                let mut y = vec![f32::NAN; rows * width];
                softmax(&Machine::new(set, 2), width, &x, &mut y);
                for (x, y) in x.chunks(width).zip(y.chunks(width)) {
                    let mut alone = vec![f32::NAN; width];
                    softmax(&Machine::new(InstructionSet::Portable, 1), width, x, &mut alone);
                    assert_eq!(bits(y), bits(&alone), "{rows} rows of {width} on {set:?}");
                    for (y, want) in y.iter().zip(softmax_of(x)) {
                        assert!((f64::from(*y) - want).abs() <= 3e-6 * want, "{y} {want}");
                    }
                }
            }
        }
    }
}

#[test]
fn cross_entropy_is_that_of_the_formula_and_of_each_row_alone() {
    for rows in 1..=35 {
        for width in [2, 3, 4, 10, 15, 16, 17, 33] {
            let z: Vec<f32> = random(rows * width, 7).iter().map(|z| 6.0 * z).collect();
            let classes: Vec<u32> = (0..rows).map(|row| (row * 7 % width) as u32).collect();
            let weights: Vec<f32> = (0..width).map(|class| 0.5 + class as f32).collect();
            for (label_smoothing, weights) in [(0.0, None), (0.2, Some(weights.as_slice()))] {
                let t = Classes { classes: &classes, weights, label_smoothing, scale: 1.0 / rows as f32 };
                for set in InstructionSet::available() {
                    let mut d = vec![f32::NAN; rows * width];
                    let (got, correct) = cross_entropy(set, width, &z, t, &mut d);
                    let right = |(z, &class): (&[f32], &u32)| class_of_logits(z) == class as usize;
                    assert_eq!(correct, z.chunks(width).zip(&classes).filter(|&row| right(row)).count());
                    let (mut alone, mut want) = (0.0, 0.0);
                    for (row, (z, d)) in z.chunks(width).zip(d.chunks(width)).enumerate() {
                        let class = classes[row] as usize;
                        let one = Classes { classes: &classes[row..=row], ..t };
                        let mut d_alone = vec![f32::NAN; width];
                        alone += cross_entropy(InstructionSet::Portable, width, z, one, &mut d_alone).0;
                        assert_eq!(bits(d), bits(&d_alone), "{rows} rows of {width} on {set:?}");
                        let weight = weights.map_or(1.0, |weights| f64::from(weights[class]));
                        for (k, y) in softmax_of(z).into_iter().enumerate() {
                            let target =
                                label_smoothing / width as f64 + f64::from(k == class) * (1.0 - label_smoothing);
                            want -= weight * target * y.ln();
                            let slope = (y - target) * weight / rows as f64;
                            assert!((f64::from(d[k]) - slope).abs() < 1e-6 * weight, "{} {slope}", d[k]);
                        }
                    }
                    assert_eq!(got.to_bits(), alone.to_bits(), "{rows} rows of {width} on {set:?}");
                    assert!((got - want).abs() < 1e-6 * want + 1e-6 * rows as f64, "{got} {want}");
                }
            }
        }
    }
}

#[test]
fn binary_cross_entropy_is_that_of_the_formula() {
    for rows in 1..=40 {
        let z: Vec<f32> = random(rows, 3).iter().map(|z| 30.0 * z).collect();
        let classes: Vec<u32> = (0..rows as u32).map(|row| row % 2).collect();
        for (label_smoothing, weights) in [(0.0, None), (0.1, Some([0.5, 3.0].as_slice()))] {
            let t = Classes { classes: &classes, weights, label_smoothing, scale: 1.0 / rows as f32 };
            let mut first = None;
            for set in InstructionSet::available() {
                let mut d = vec![f32::NAN; rows];
                let (got, correct) = binary_cross_entropy(set, &z, t, &mut d);
                assert_eq!(correct, z.iter().zip(&classes).filter(|(z, class)| (**z > 0.0) == (**class == 1)).count());
                let mut want = 0.0;
                for ((&z, &class), &d) in z.iter().zip(&classes).zip(&d) {
                    let weight = weights.map_or(1.0, |weights| f64::from(weights[class as usize]));
                    let target = f64::from(class) * (1.0 - label_smoothing) + label_smoothing / 2.0;
                    let z = f64::from(z);
                    want += weight * (crate::Activation::Softplus.value(z) - target * z);
                    let slope = (crate::Activation::Sigmoid.value(z) - target) * weight / rows as f64;
                    assert!((f64::from(d) - slope).abs() < 1e-6, "{d} {slope}");
                }
                // Each row to the last digits, however small: a loss near zero is not a difference of large numbers.
                assert!((got - want).abs() < 3e-7 * want, "{got} {want}");
                let first = first.get_or_insert_with(|| (got.to_bits(), bits(&d)));
                assert_eq!(*first, (got.to_bits(), bits(&d)), "{set:?}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_is_noticed() {
    for set in InstructionSet::available() {
        for broken in [f32::NAN, f32::INFINITY] {
            for rows in [1, 4, 20] {
                let mut z = vec![0.5; rows * 3];
                z[rows * 3 - 2] = broken;
                let classes = vec![1; rows];
                let t = Classes { classes: &classes, weights: None, label_smoothing: 0.0, scale: 1.0 };
                assert!(!cross_entropy(set, 3, &z, t, &mut vec![0.0; rows * 3]).0.is_finite());
                let z = &z[rows * 3 - 2..][..1];
                let t = Classes { classes: &[1], ..t };
                assert!(!binary_cross_entropy(set, z, t, &mut [0.0]).0.is_finite());
            }
        }
    }
}

#[test]
fn the_first_of_equal_logits_is_the_class_and_nan_is_larger_than_nothing() {
    let nan = f32::NAN;
    let z = [1.0, 1.0, 0.0, nan, 5.0, 6.0, 0.0, nan, 2.0, -1.0, -1.0, -1.0];
    for set in InstructionSet::available() {
        for (rows, z) in [(4, &z[..]), (1, &z[3..6])] {
            let right: Vec<u32> = z.chunks(3).map(|z| class_of_logits(z) as u32).collect();
            let wrong: Vec<u32> = right.iter().map(|class| (class + 1) % 3).collect();
            for (classes, want) in [(right, rows), (wrong, 0)] {
                let t = Classes { classes: &classes, weights: None, label_smoothing: 0.0, scale: 1.0 };
                assert_eq!(cross_entropy(set, 3, z, t, &mut vec![0.0; z.len()]).1, want, "{set:?}");
            }
        }
    }
}
