use super::*;
use crate::kernel::Machine;
use crate::kernel::panels::tests::{random, to_panels};
use crate::kernel::panels::{pack_rows, panel_index};
use crate::kernel::product::{Left, Out, Product, product};

/// What a chain computes: outputs of every link, gradients of all parameters and of x.
#[derive(Debug, PartialEq)]
struct Results {
    ys: Vec<Vec<u32>>,
    grads: Vec<u32>,
    dx: Vec<u32>,
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

/// Layers of these widths with drawn parameters, every second one without a bias.
fn layers(widths: &[usize], activations: &[Activation]) -> (Vec<Link>, Vec<f32>) {
    let (mut layers, mut params) = (Vec::new(), Vec::new());
    for (number, pair) in widths.windows(2).enumerate() {
        let (inputs, outputs) = (pair[0], pair[1]);
        let from = params.len();
        params.extend(to_panels(inputs, outputs, &random(inputs * outputs, number as u64)));
        let weight = from..params.len();
        let bias = number.is_multiple_of(2).then(|| {
            let from = params.len();
            params.extend(random(outputs, 50 + number as u64));
            params.resize(round_up(params.len()), 0.0);
            from..params.len()
        });
        let activation = activations[number % activations.len()];
        layers.push(Link { inputs, outputs, weight, bias, activation });
    }
    (layers, params)
}

/// Stands between the buffers of an arena: a line that nobody may write to.
const UNTOUCHED: f32 = 7.0;

/// The chain on one instruction set, planned for so many rows more than there are. All buffers hold broken numbers before,
/// without the gradients; x lies in the caller's batch or in the arena.
fn chained(
    set: InstructionSet,
    links: &[Link],
    params: &[f32],
    (rows, more): (usize, usize),
    dx_len: usize,
    owns_x: bool,
) -> Results {
    let (x, dy) = ends(links, rows);
    let (planned, widths) = (rows + more, [links[0].inputs, links[links.len() - 1].outputs]);
    let mut arena: Vec<f32> = Vec::new();
    let mut take = |len: usize| {
        let at = arena.len();
        arena.resize(at + round_up(len), f32::NAN);
        arena.extend([UNTOUCHED; LANES]);
        at
    };
    let ys = take(ys_len(links.iter().map(|link| link.outputs), planned));
    let (dy_at, x_at) = (take(room(planned, widths[1])), take(planned * widths[0]));
    let dx = (dx_len > 0).then(|| take(room(planned, widths[0])));
    let back = Back { dy: dy_at, dx, scratch: take(scratch_len(links, planned, dx_len > 0)) };
    let untouched: Vec<usize> = (0..arena.len()).filter(|&at| arena[at] == UNTOUCHED).collect();
    let mut grads = vec![0.0; params.len()];
    arena[x_at..][..x.len()].copy_from_slice(&x);
    let (place_of_x, batch) = if owns_x { (Some(x_at), &[][..]) } else { (None, &x[..]) };
    let chain = Chain::new(links, planned, Places { x: place_of_x, ys, back: Some(back) });
    chain.forward(set, rows, batch, params, &mut arena);
    assert!(arena[dy_at..][..room(planned, widths[1])].iter().all(|dy| dy.is_nan()), "the way forward leaves dy alone");
    arena[dy_at..][..dy.len()].copy_from_slice(&dy);
    chain.backward(set, rows, batch, params, &mut arena, &mut grads);
    assert!(untouched.iter().all(|&at| arena[at] == UNTOUCHED), "nothing is written between the buffers");
    Results {
        ys: chain
            .starts_of_ys
            .iter()
            .zip(links)
            .map(|(y, link)| bits(&arena[ys + y..][..rows * link.outputs]))
            .collect(),
        grads: bits(&grads),
        dx: bits(dx.map_or(&[], |dx| &arena[dx..][..dx_len])),
    }
}

fn ends(links: &[Link], rows: usize) -> (Vec<f32>, Vec<f32>) {
    (random(rows * links[0].inputs, 91), random(rows * links[links.len() - 1].outputs, 92))
}

/// The same layer by layer with the kernels of a large network.
fn one_by_one(links: &[Link], params: &[f32], rows: usize, dx_len: usize) -> Results {
    let machine = Machine::new(InstructionSet::Portable, 1);
    let (x, dy) = ends(links, rows);
    let mut values = vec![x];
    for link in links {
        let mut y = vec![0.0; rows * link.outputs];
        let bias = link.bias.clone().map(|bias| &params[bias]);
        let a = Left { data: &values[values.len() - 1], row: link.inputs, step: 1 };
        product(
            &machine,
            Product {
                rows,
                depth: link.inputs,
                cols: link.outputs,
                a,
                b: &params[link.weight.clone()],
                bias,
                activation: link.activation,
                out: Out::Rows(&mut y),
            },
        );
        values.push(y);
    }
    let (mut grads, mut d) = (vec![0.0; params.len()], dy);
    for (number, link) in links.iter().enumerate().rev() {
        let Link { inputs, outputs, .. } = *link;
        crate::kernel::elementwise::backward(
            &machine,
            link.activation,
            crate::kernel::elementwise::Seen::Output(&values[number + 1]),
            &mut d,
        );
        let mut panels = vec![0.0; panels_len(rows, outputs)];
        let mut sums = vec![0.0; round_up(outputs)];
        pack_rows(&machine, rows, outputs, &d, &mut panels, Some(&mut sums));
        if let Some(bias) = &link.bias {
            grads[bias.clone()].copy_from_slice(&sums);
        }
        let plain = |out, rows, depth, cols, a, b: &[f32]| {
            let activation = Activation::Identity;
            product(&machine, Product { rows, depth, cols, a, b, bias: None, activation, out });
        };
        let x = Left { data: &values[number], row: 1, step: inputs };
        plain(Out::Panels(&mut grads[link.weight.clone()]), inputs, rows, outputs, x, &panels);
        let mut turned = vec![0.0; panels_len(outputs, inputs)];
        crate::kernel::panels::transpose_panels(&machine, inputs, outputs, &params[link.weight.clone()], &mut turned);
        let mut dx = vec![0.0; rows * inputs];
        plain(Out::Rows(&mut dx), rows, outputs, inputs, Left { data: &d, row: outputs, step: 1 }, &turned);
        d = dx;
    }
    d.truncate(dx_len);
    Results { ys: values[1..].iter().map(|y| bits(y)).collect(), grads: bits(&grads), dx: bits(&d) }
}

#[track_caller]
fn same(widths: &[usize], rows: usize, activations: &[Activation]) {
    let (links, params) = layers(widths, activations);
    for dx_len in [0, rows * widths[0]] {
        let want = one_by_one(&links, &params, rows, dx_len);
        for set in InstructionSet::available() {
            for (more, owns_x) in [(0, false), (0, true), (3, false), (3, true)] {
                let got = chained(set, &links, &params, (rows, more), dx_len, owns_x);
                assert_eq!(got, want, "{widths:?}, {rows} rows of {}, {set:?}, dx of {dx_len}", rows + more);
            }
        }
    }
}

#[test]
fn a_chain_has_the_bits_of_its_layers_one_by_one() {
    for rows in (1..=20).chain([31, 32, 33, 40]) {
        for width in [1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 70] {
            same(&[width, 3, width], rows, &[Activation::Tanh, Activation::Identity]);
            same(&[3, width, 2], rows, &[Activation::Relu, Activation::Sigmoid]);
        }
    }
    for width in 1..=70 {
        same(&[width, width], 5, &[Activation::Identity]);
    }
}

#[test]
fn gradients_that_are_made_turned() {
    // The last link has a bias, and more inputs than outputs.
    for (inputs, outputs) in [(16, 3), (16, 9), (32, 17), (48, 17), (48, 10), (70, 8)] {
        for rows in [7, 16, 24, 31] {
            let widths = [5, 3, inputs, outputs];
            let (links, _) = layers(&widths, &[Activation::Tanh]);
            assert!(links[2].bias.is_some() && (rows < 31 || links[2].is_sooner_turned(rows)));
            same(&widths, rows, &[Activation::Tanh, Activation::Identity]);
        }
    }
}

#[test]
fn every_fused_activation_in_a_long_chain() {
    let all: Vec<Activation> = Activation::all().filter(|a| a.fuses() && *a != Activation::Step).collect();
    assert!(all.len() >= 8);
    for rows in [1, 4, 7, 16] {
        same(&[3, 5, 17, 1, 16, 9, 4, 20, 2, 6], rows, &all);
    }
}

#[test]
fn lanes_that_are_no_column_get_a_gradient_of_zero() {
    let (links, params) = layers(&[2, 3, 18], &[Activation::Tanh]);
    let Results { grads, .. } = chained(InstructionSet::best(), &links, &params, (5, 0), 0, false);
    for link in &links {
        for k in 0..link.inputs {
            for j in link.outputs..round_up(link.outputs) {
                assert_eq!(grads[link.weight.clone()][panel_index(link.inputs, k, j)], 0);
            }
        }
        if let Some(bias) = &link.bias {
            assert!(grads[bias.clone()][link.outputs..].iter().all(|g| *g == 0));
        }
    }
}

/// A chain of 3-2 for four rows, with a gradient of x, whose buffers are as long as they have to be.
fn small_chain() -> (Chain, Vec<f32>, usize) {
    let (links, params) = layers(&[3, 2], &[Activation::Tanh]);
    let (ys, dy, dx) = (ys_len(links.iter().map(|link| link.outputs), 4), room(4, 2), room(4, 3));
    let back = Back { dy: ys, dx: Some(ys + dy), scratch: ys + dy + dx };
    let end = ys + dy + dx + scratch_len(&links, 4, true);
    (Chain::new(&links, 4, Places { x: None, ys: 0, back: Some(back) }), params, end)
}

#[test]
fn buffers_that_are_too_short_are_refused_before_anything_is_written() {
    let (chain, params, arena_len) = small_chain();
    let refuses = |go: &mut dyn FnMut()| {
        let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(go)).unwrap_err();
        gone.downcast_ref::<&str>().is_some_and(|message| message.contains("too short for a chain"))
    };
    let set = InstructionSet::best();
    let (mut arena, mut grads) = (vec![UNTOUCHED; arena_len], vec![UNTOUCHED; params.len()]);
    let all = params.len();
    assert!(refuses(&mut || chain.forward(set, 4, &[0.0; 11], &params, &mut arena)));
    assert!(refuses(&mut || chain.forward(set, 4, &[0.0; 12], &params[..all - 1], &mut arena)));
    // The tanh of a whole line is the furthest on the way forward.
    assert!(refuses(&mut || chain.forward(set, 4, &[0.0; 12], &params, &mut arena[..15])));
    assert!(refuses(&mut || chain.backward(set, 4, &[0.0; 11], &params, &mut arena, &mut grads)));
    assert!(refuses(&mut || chain.backward(set, 4, &[0.0; 12], &params[..47], &mut arena, &mut grads)));
    assert!(refuses(&mut || chain.backward(set, 4, &[0.0; 12], &params, &mut arena, &mut grads[..all - 1])));
    // The turned weight is the last thing in the arena: two rows of sixteen.
    assert!(refuses(&mut || chain.backward(set, 4, &[0.0; 12], &params, &mut arena[..arena_len - 1], &mut grads)));
    assert!(arena.iter().chain(&grads).all(|x| *x == UNTOUCHED));
    chain.forward(set, 4, &[0.0; 12], &params, &mut arena);
    chain.backward(set, 4, &[0.0; 12], &params, &mut arena, &mut grads);
    chain.forward(set, 0, &[], &params, &mut arena);
}

#[test]
#[should_panic(expected = "more rows than the chain was made for")]
fn more_rows_than_planned_are_refused() {
    let (chain, params, arena) = small_chain();
    chain.forward(InstructionSet::best(), 5, &[0.0; 15], &params, &mut vec![0.0; arena]);
}

#[test]
#[should_panic(expected = "a chain's places overlap")]
fn places_that_overlap_are_refused() {
    let (links, params) = layers(&[3, 2], &[Activation::Tanh]);
    let back = Some(Back { dy: 16, dx: None, scratch: 64 });
    let chain = Chain::new(&links, 4, Places { x: None, ys: 0, back });
    chain.forward(InstructionSet::best(), 4, &[0.0; 12], &params, &mut vec![0.0; 200]);
}

#[test]
#[should_panic(expected = "behind the rows of a batch there is no room")]
fn what_reads_behind_the_rows_of_a_batch_is_refused() {
    let values = Base::Batch.at(1);
    let sums = Pass::Columns(Columns {
        sums_over_rows: false,
        other: 1,
        a: values,
        a_row: 1,
        a_step: 1,
        b: Base::Params.at(0),
        b_row: LANES,
        start: Base::Zeroes.at(0),
        out: Base::Arena.at(0),
        out_row: 1,
        columns: 1,
        width: LANES,
        sums_of_b: None,
    });
    Passes::new(vec![sums], 4, 1);
}

#[test]
#[should_panic(expected = "a chain reads and writes where it may")]
fn what_writes_into_the_batch_is_refused() {
    Passes::new(vec![Pass::Activate { activation: Activation::Tanh, values: Base::Batch.at(0), width: 1 }], 4, 1);
}
